"""The whole check, on logs with planted faults."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.profile.findings.html import html_of
from apps_rec.profile.findings.show import shown_report, tables_of
from tests.profile.findings.conftest import found, log, told, write_config, write_parquet

pytestmark = pytest.mark.usefixtures("here")


def facts(report, column):
    return next(one for one in report.features if one.column == column)


def test_a_sound_log_has_no_error_and_its_rates_are_counted():
    train = log()
    write_parquet(train, log(500, seed=2, first=1_000))
    write_config()
    report = found()
    assert report.of_level("error") == report.of_level("warning") == []
    assert [(p.name, p.read, p.filtered, p.bad, p.used) for p in report.parts] == [
        ("train", 1_000, 100, 0, 900),
        ("evaluate", 500, 50, 0, 450),
    ]
    assert report.parts[0].rules == 'source drop "cache"'
    rows = [
        (day, click, download)
        for day, source, click, download in zip(
            train["day"], train["source"], train["click"], train["download"], strict=True
        )
        if source != "cache"
    ]
    rates = {(r.day, r.label): (r.given, r.rows, r.ones) for r in report.rates if r.part == "train"}
    clicks = sum(click for _, click, _ in rows)
    assert rates["", "click"] == ("", 900, clicks)
    assert rates["", "download"] == ("click", clicks, sum(download for *_, download in rows))
    on_third = [click for day, click, _ in rows if day == "2026-11-03"]
    assert rates["2026-11-03", "click"] == ("", len(on_third), sum(on_third))
    assert facts(report, "user").distinct == 50
    assert facts(report, "user").colliding == pytest.approx(1 - 0.99**49)
    assert facts(report, "tags").distinct == 6
    # What it writes can be read again.
    assert json.loads(json.dumps(report.as_json()))["parts"][0]["used"] == 900


def test_every_fault_is_found():
    train, evaluation = log(), log(500, seed=2, first=1_000)
    # Every tenth row is filtered away.
    for at in range(1, 10):
        train["app"][at] = 99  # beyond num_buckets
    train["price"][1:101] = [None] * 100
    evaluation["user"] = [f"new{at}" if at % 2 else user for at, user in enumerate(evaluation["user"])]
    evaluation["price"] = [price / 10 for price in evaluation["price"]]
    for name in train:  # a joined row twice, and two rows of training measured on
        train[name][12] = train[name][11]
        evaluation[name][1:3] = train[name][21:23]
    write_parquet(train, evaluation)
    write_config()
    report = found()
    # Rows 10, 20, ..., 100 are filtered.
    assert facts(report, "price").missing_train == pytest.approx(90 / 900)
    assert facts(report, "app").outside == pytest.approx(9 / 900)
    used = [user for user, source in zip(evaluation["user"], evaluation["source"], strict=True) if source != "cache"]
    assert facts(report, "user").unseen == pytest.approx(sum(user.startswith("new") for user in used) / 450)
    assert facts(report, "price").psi > 1 > facts(report, "app").psi
    assert [where for _, where, _ in told(report, "drift")] == ['column "user"', 'column "price"']
    assert told(report, "duplicates")[0][:2] == ("warning", "train")
    assert told(report, "duplicates")[0][2].startswith(
        "1 of 900 rows equal an earlier one in all columns, more than 1 in 1,000"
    )
    assert told(report, "overlap")[0][2].startswith("2 of 450 rows equal a training row")


def test_a_column_that_tells_the_label_is_an_error():
    train, evaluation = log(), log(500, seed=2, first=1_000)
    for part in (train, evaluation):
        part["price"] = [click * 5.0 for click in part["click"]]
    write_parquet(train, evaluation)
    write_config()
    ((level, where, text),) = told(found(), "leakage")
    assert (level, where) == ("error", 'column "price"')
    assert "tells click by itself, with AUC 1.0000" in text


def test_a_label_of_one_class_and_a_day_without_its_downloads():
    train, evaluation = log(4_000), log(500, seed=2, first=4_000)
    train["click"] = [
        0 if day == "2026-11-05" else click for day, click in zip(train["day"], train["click"], strict=True)
    ]
    train["download"] = [0] * 4_000
    write_parquet(train, evaluation)
    write_config()
    errors_of, day = told(found(), "labels")
    assert errors_of[:2] == ("error", 'train, label "download"')
    assert day[:2] == ("warning", "train, 2026-11-05")
    assert "rate 0.0000 of 720 rows" in day[2]
    # A terminal shows the verdict first, and of the days this one alone.
    report = found()
    lines = shown_report(report).splitlines()
    assert lines[0].startswith("my.config: 1 error, ")
    rates = [line.split()[:3] for line in lines if line.startswith(("train  ", "evaluate  ")) and "rows" in line]
    assert [rate for rate in rates if rate[1].startswith("2026")] == [["train", "2026-11-05", "click"]]
    assert len({rate.day for rate in report.rates}) > 5
    assert len(tables_of(report)["labels"][1]) == len(report.rates)


@pytest.mark.parametrize(
    ("values", "boundaries", "outside"),
    [
        # 90 zeros of 100 have an id of their own, and so has the one value above.
        ([0.0] * 90 + [2.0] * 9 + [7.0], "1, 5", 0.0),
        # Two values share the id below the first boundary.
        ([0.0] * 80 + [0.5] * 10 + [2.0] * 10, "1, 5", 0.9),
        ([0.0] * 90 + [6.0, 7.0] * 5, "1, 5", 0.1),
    ],
)
def test_a_value_alone_beyond_an_end_of_boundaries_is_not_outside(values, boundaries, outside):
    train, evaluation = log(), log(500, seed=2, first=1_000)
    train["price"] = [values[at // 10] for at in range(1_000)]
    write_parquet(train, evaluation)
    write_config()
    path, bounds = Path("my.config"), "min_val: 0 max_val: 10"
    text = path.read_text(encoding="utf-8")
    assert text.count(bounds) == 1
    path.write_text(text.replace(bounds, f"embedding_dim: 4 boundaries: [{boundaries}]"), encoding="utf-8")
    # The filter drops every tenth row alike.
    assert facts(found(), "price").outside == pytest.approx(outside)


def test_files_whose_types_differ_and_one_without_a_column():
    train = log()
    pq.write_table(pa.table(train), "train.parquet")
    half = {name: values[:100] for name, values in train.items()}
    pq.write_table(pa.table(half | {"app": [str(app) for app in half["app"]]}), "train2.parquet")
    pq.write_table(pa.table({name: half[name] for name in half if name != "click"}), "train3.parquet")
    pq.write_table(pa.table(log(500, seed=2, first=1_000)), "eval.parquet")
    write_config()
    text = Path("my.config").read_text().replace("train.parquet", "train*.parquet")
    Path("my.config").write_text(text)
    report = found()
    (wrong,) = [one for one in told(report, "schema") if one[0] == "error"]
    assert 'train3.parquet: there is no column "click"' in wrong[2]
    assert ("warning", "app") in [one[:2] for one in told(report, "schema")]
    assert (report.parts[0].files, report.parts[0].read) == (3, 1_100)


def test_the_holdout_is_no_part_of_training():
    write_parquet(log(), log(500, seed=2, first=1_000))
    write_config(data='holdout_fraction: 0.2 holdout_by: "user"')
    report = found()
    train, validate, evaluate = report.parts
    assert train.used + validate.used == 900
    assert validate.rules == 'source drop "cache"; only the holdout of 0.2 by user'
    # Users are on one side each.
    assert facts(report, "user").distinct < 50
    assert evaluate.used == 450


def test_html_is_one_file_and_escapes_what_data_holds():
    train, evaluation = log(), log(500, seed=2, first=1_000)
    train["<script>alert(1)</script>"] = train["request"]
    write_parquet(train, evaluation)
    write_config()
    page = html_of(found())
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "http" not in page
    assert "src=" not in page


def test_a_column_without_a_name_as_pandas_writes_it():
    for path, count in (("train.csv", 900), ("eval.csv", 100)):
        columns = {"": range(count)} | log(count)
        rows = [columns, *zip(*columns.values(), strict=True)]
        Path(path).write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    write_config("CSVInput")
    assert [part.used for part in found().parts] == [810, 90]
