"""Contributions: held against `predict` on files whose cells are empty, and against the weights of a linear model."""

import csv
import json

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.errors import ArgumentError, DataError, RunError
from apps_rec.training.estimator import load_trained
from tests.tiny import TINY_WORDS

pytestmark = pytest.mark.usefixtures("loaded_once")
ROWS = 5
READ = {"user": "user", "app": "app", "price": "price", "word": "word", "tags": "tags"}
LOGITS = ["logits_ctr", "logits_cvr"]
DEFAULTS = {"user": "nobody", "app": "-1", "price": "0.5"}


def same(found, expected, name=""):
    """But for the last digit, which hangs on a row's place in a call."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6, err_msg=name)


def scores_of(export, rows, folder, blank=(), outputs=("score", *LOGITS)):
    """What `predict` gives for rows as dicts of texts, with some of their cells empty: `[rows, outputs]`."""
    path = folder / "blank.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: "" if name in blank else cell for name, cell in row.items()} for row in rows)
    apps_rec.predict(export, str(path), str(folder / "blank.parquet"))
    table = pq.read_table(folder / "blank.parquet")
    return np.stack([table.column(name).to_numpy().astype(np.float64) for name in outputs], axis=1)


@pytest.mark.parametrize("rows_file", ["rows.csv", "rows.parquet", "rows.tfrecord"])
def test_a_contribution_is_what_an_empty_cell_takes_away(trained, exported, tmp_path, rows_file):
    found = apps_rec.explain(exported, rows_file, first=ROWS)
    rows = trained.rows("rows.csv")[:ROWS]
    assert [output.label for output in found.outputs] == ["score", *LOGITS]
    assert [part.name for part in found.parts] == list(READ)
    whole = scores_of(exported, rows, tmp_path)
    same(found.values, whole)
    for at, name in enumerate(READ):
        without = scores_of(exported, rows, tmp_path, [name])
        same(found.without[at], without, name)
        same(found.contributions[at], whole - without, name)
        blank = [row[name] in ("", DEFAULTS.get(name)) for row in rows]
        # Two words that the vocabulary lacks are one id, so that others may be 0 too.
        assert not found.contributions[at][blank].any()
        assert found.cells[at] == [row[name] or DEFAULTS.get(name, "") for row in rows]
    same(found.base, scores_of(exported, rows[:1], tmp_path, READ)[0])
    assert found.filled == {"slot": "2"}
    # An export with experts is not linear: the test would not tell a sum from a difference otherwise.
    assert np.abs(found.contributions.sum(axis=0) - (whole - found.base)).max() > 1e-3


def test_the_table_has_a_line_for_each_row_output_and_column(exported):
    found = apps_rec.explain(exported, "rows.csv", first=3, keep=["request", "source"])
    table = found.table()
    assert table.column_names == [
        *("row", "request", "source", "column", "features", "cell", "task", "output", "value", "without"),
        *("contribution", "base"),
    ]
    assert table.num_rows == 3 * 3 * 5
    lines = table.to_pylist()
    assert [line["row"] for line in lines[::15]] == [1, 2, 3]
    assert [line["request"] for line in lines[::15]] == ["r0", "r1", "r2"]
    assert [(line["task"], line["output"]) for line in lines[:15:5]] == [
        ("", "score"),
        ("ctr", "logits_ctr"),
        ("cvr", "logits_cvr"),
    ]
    for start in range(0, len(lines), 5):
        sizes = [abs(line["contribution"]) for line in lines[start : start + 5]]
        assert sizes == sorted(sizes, reverse=True)
    for line in lines:
        part, row = list(READ).index(line["column"]), line["row"] - 1
        output = ["score", *LOGITS].index(line["output"])
        assert line["contribution"] == found.values[row, output] - found.without[part, row, output]
        assert line["value"] - line["without"] == line["contribution"]
        assert (line["base"], line["cell"]) == (found.base[output], found.cells[part][row])
        assert line["features"] == READ[line["column"]]


def test_the_printed_table_is_sorted_by_a_task(exported):
    plain = apps_rec.explain(exported, "rows.csv", first=3)
    found = apps_rec.explain(exported, "rows.csv", first=3, sort_by="cvr")
    assert found.table() == plain.table()
    for row, (block, by_score) in enumerate(zip(f"{found}".split("\n\n"), f"{plain}".split("\n\n"), strict=True)):
        if row == 3:
            break
        for at, text in ((2, block), (0, by_score)):
            names = [line.split()[0] for line in text.splitlines()[3:-1]]
            sizes = np.abs(found.contributions[[list(READ).index(name) for name in names], row, at])
            assert len(sizes) == len(READ)
            assert (np.diff(sizes) <= 0).all()
    with pytest.raises(ArgumentError, match='sort_by: expected a task, one of ctr, cvr, got "score"'):
        found.sorted_by("score")


def test_files_hold_the_table(exported, tmp_path):
    table = apps_rec.explain(exported, "rows.parquet", first=2, keep=["request", "user", "extra"]).table()
    written = {}
    for ending in ("csv", "parquet", "json"):
        written[ending] = tmp_path / "deep" / f"why.{ending}"
        apps_rec.explain(exported, "rows.parquet", str(written[ending]), ["request", "user", "extra"], 2)
    as_values = table.set_column(2, "user", table.column("user").cast("string"))
    assert pq.read_table(written["parquet"]).to_pylist() == as_values.to_pylist()
    assert json.loads(written["json"].read_text(encoding="utf-8")) == as_values.to_pylist()
    strings = {"task": "string", "cell": "string", "user": "string"}
    options = pyarrow.csv.ConvertOptions(column_types=strings, strings_can_be_null=False)
    as_text = pyarrow.csv.read_csv(written["csv"], convert_options=options).to_pylist()
    assert [line["extra"] for line in as_text[::15]] == ["0|1", "1|2"]
    for name in ("row", "column", "cell", "task", "output", "contribution", "base"):
        assert [line[name] for line in as_text] == table.column(name).to_pylist(), name
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["why.csv", "why.json", "why.parquet"]


def test_features_with_several_columns_and_columns_with_several_features(ranked, tmp_path):
    rows = read_csv(ranked.folder / "eval.csv")[:3]
    found = apps_rec.explain(ranked.version, "eval.csv", first=3)
    others = {part.name: part.others for part in found.parts}
    assert others["app"] == ("app", "user_x_app")
    assert others["user"] == ("user", "user_x_app")
    assert others["seen"] == ("seen",)
    whole = scores_of(ranked.version, rows, tmp_path)
    for at, part in enumerate(found.parts):
        without = scores_of(ranked.version, rows, tmp_path, [part.name])
        same(found.contributions[at], whole - without, part.name)
    by_features = apps_rec.explain(ranked.version, "eval.csv", first=3, by="features")
    cross = [part.name for part in by_features.parts].index("user_x_app")
    assert by_features.parts[cross].columns == ("user", "app")
    assert by_features.cells[cross][0] == f"user={rows[0]['user']}, app={rows[0]['app']}"
    without = scores_of(ranked.version, rows, tmp_path, ["user", "app"])
    same(by_features.contributions[cross], whole - without)
    assert by_features.table().column_names[4:6] == ["feature", "columns"]
    assert len(by_features.parts) == len(found.parts) + 1


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LINEAR = """\
feature_config {
  features { input_names: "user" hash_bucket_size: 100 embedding_dim: 2 }
  features { input_names: "app" num_buckets: 30 embedding_dim: 2 }
  features { input_names: "price" feature_type: RawFeature embedding_dim: 2 }
  features { input_names: "word" vocab_file: "words.txt" embedding_dim: 2 }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app", "price", "word"] }
  rank_model {
    fm { wide_group_name: "all" pairwise: false }
    task_towers { tower_name: "ctr" label_name: "click" }
  }
}
"""


def test_of_a_linear_model_a_contribution_is_a_weight(tiny_run, tmp_path, monkeypatch, unproven):
    """First-order weights: that of the cell's id less a missing cell's, and of a number times the difference."""
    monkeypatch.chdir(tmp_path)
    run = tiny_run(tmp_path, model=LINEAR)
    apps_rec.train(run.load())
    version = apps_rec.export(run.load(), "export")
    embedder = load_trained(run.load())[0].model.embedder

    def weight(table, row):
        place = embedder.table_places()[table]
        return float(embedder.tables[place.key][place.offset + row, place.dim])

    def ids(row):
        words = list(TINY_WORDS)
        return {
            "user": int(tf.strings.to_hash_bucket_fast(row["user"] or "nobody", 100)),
            "app": int(row["app"]),
            "word": words.index(row["word"]) if row["word"] in words else len(words),
        }

    # What a missing cell is: "nobody", -1, which is no id of 30 and so the unknown one, and the word "".
    missing = {"user": int(tf.strings.to_hash_bucket_fast("nobody", 100)), "app": 30, "word": len(TINY_WORDS)}
    found = apps_rec.explain(version, "eval.csv", first=20)
    changes = dict(zip([part.name for part in found.parts], found.contributions[:, :, 1], strict=True))
    price = float(embedder.vectors["price"][0, 2])
    for at, row in enumerate(run.rows("eval.csv")[:20]):
        for name, row_id in ids(row).items():
            expected = weight(name, row_id) - weight(name, missing[name])
            assert changes[name][at] == pytest.approx(expected, abs=1e-6), (name, row)
        assert changes["price"][at] == pytest.approx(price * (float(row["price"] or 0.5) - 0.5), abs=1e-6)
    # And these add up, as they do for no other model.
    np.testing.assert_allclose(found.contributions.sum(axis=0)[:, 1], (found.values - found.base)[:, 1], atol=1e-5)
    assert np.abs(found.contributions[:, :, 1]).max() > 0.01


def test_csv_files_of_another_form(trained, exported, tmp_path):
    lines = (trained.folder / "rows.csv").read_text(encoding="utf-8").splitlines()[:3]
    (tmp_path / "form.csv").write_text("\n".join(line.replace(",", ";") for line in lines), encoding="utf-8")
    found = apps_rec.explain(exported, str(tmp_path / "form.csv"), separator=";")
    np.testing.assert_array_equal(found.values, apps_rec.explain(exported, "rows.csv", first=2).values)


def test_bad_rows_and_no_rows(trained, exported, no_rows, tmp_path):
    rows = [list(row.values()) for row in trained.rows("rows.csv")[:4]]
    rows[1][2] = "pear"
    bad = trained.write_csv("bad.csv", rows)
    with pytest.raises(DataError, match=r'bad.csv: row 2, column "app"'):
        apps_rec.explain(exported, str(bad), first=3)
    found = apps_rec.explain(exported, str(bad), first=3, skip_bad_rows=True, max_bad_row_share=0.5)
    assert found.rows.tolist() == [1, 3, 4]
    with pytest.raises(DataError, match=r"rows\.csv: no rows are left"):
        apps_rec.explain(exported, str(no_rows / "rows.csv"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"first": 0}, "first: expected 1 to 100 rows to explain, got 0"),
        ({"first": 101}, "first: expected 1 to 100 rows to explain, got 101"),
        ({"by": "tables"}, "by: expected columns or features, got tables"),
        ({"output": "why.txt"}, "output why.txt: expected a file whose name ends in .csv, .csv.gz, .parquet or .json"),
        ({"output": "parts"}, "output parts: expected a file whose name ends in"),
        ({"output": "why.json", "escape_formulas": True}, "escape_formulas: is for CSV, and why.json is JSON"),
        ({"output": "rows.csv"}, "output rows.csv: is the input"),
        ({"escape_formulas": True}, "escape_formulas: is for a CSV file; add output"),
    ],
)
def test_wrong_options(exported, arguments, said):
    with pytest.raises((RunError, DataError), match=said):
        apps_rec.explain(exported, "rows.csv", **arguments)
