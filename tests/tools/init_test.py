"""`apps_rec.init`: a config that passes every check, and says why it is as it is."""

import random
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.config.easyrec.table import use_of
from apps_rec.data import RowStream, build_schema
from apps_rec.data.csv_header import schema_for_rows
from apps_rec.data.other_files import config_of_other_files
from apps_rec.errors import DataError, RunError
from tests.cli.commands import run
from tests.profile.conftest import funnel_log

LABELS = ("click", "download")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(columns, name="log.parquet"):
    pq.write_table(pa.table(columns), name)
    return name


def filters(config):
    return [(one.column, getattr(one, "from"), one.to, list(one.use)) for one in config.message.data_config.row_filter]


def test_a_log_becomes_a_funnel_split_by_days(capsys):
    write(funnel_log())
    code, out, err = run(capsys, "init", "log.parquet", "--label", "download", "--label", "click", "-o", "my.config")
    assert (code, err) == (0, "")
    assert (
        out.splitlines()[-1] == "my.config: written. Next: apps-rec check-data my.config, then apps-rec train my.config"
    )
    config = apps_rec.load_config("my.config")
    message = config.message
    assert config.warnings == []
    assert list(message.data_config.label_fields) == ["click", "download"]
    assert list(message.model_config.rank_model.head.funnel.tower_names) == ["ctr", "cvr"]
    # Ten days of a hundred rows each: the last two measure, the two before them choose.
    assert filters(config) == [
        ("day", "", "2026-11-17", [1]),
        ("day", "2026-11-17", "2026-11-19", [2]),
        ("day", "2026-11-19", "", [3]),
    ]
    sides = {feature.input_names[0]: feature.side for feature in message.feature_config.features}
    # A user has 20 rows: too few for an embedding.
    assert sides == {"app_id": 0, "age": 1, "hour": 2, "price": 0}
    assert message.eval_config.metrics_set[1].gauc.uid_field == "user_id"
    text = Path("my.config").read_text(encoding="utf-8")
    assert "#   stay_time: tells click by itself, with AUC 1.0000" in text
    assert "# A funnel, click -> download" in text
    # Nothing but the columns above is read.
    assert "stay_time" not in text.partition("\n\n")[2]


def test_the_same_files_give_the_same_config():
    write(funnel_log())
    made = [apps_rec.init("log.parquet", LABELS, "my.config", overwrite=True) for _ in range(2)]
    first = made[0].output.read_text(encoding="utf-8")
    apps_rec.init("log.parquet", LABELS, "my.config", overwrite=True)
    assert Path("my.config").read_text(encoding="utf-8") == first


def test_without_a_time_users_are_divided_into_two_files():
    log = funnel_log()
    del log["day"]
    write(log)
    made = apps_rec.init("log.parquet", LABELS, "my.config")
    assert [str(path) for path in made.written] == ["my.train.parquet", "my.eval.parquet"]
    train, evaluation = (pq.read_table(path).to_pydict() for path in made.written)
    assert not set(train["user_id"]) & set(evaluation["user_id"])
    assert len(train["user_id"]) + len(evaluation["user_id"]) == 2000
    assert 0.02 < len(evaluation["user_id"]) / 2000 < 0.25
    data = made.config.message.data_config
    assert (data.holdout_by, data.holdout_fraction) == ("user_id", pytest.approx(0.1))
    with pytest.raises(RunError, match=r"my.config is there already"):
        apps_rec.init("log.parquet", LABELS, "my.config")
    made.output.unlink()
    with pytest.raises(RunError, match=r"my.train.parquet is there already; .* --overwrite"):
        apps_rec.init("log.parquet", LABELS, "my.config")
    assert not made.output.exists()


def _semicolon_table():
    """Returns the lines of a table as spreadsheets write it: BOM, ";", decimal commas, words for missing."""
    rng = random.Random(4)
    rows = []
    for number in range(600):
        wage = rng.choice(["", "NA", f"{rng.random() * 90:.2f}".replace(".", ",")])
        job = rng.choice(["焊工", "nurse", '"a;b"', ""])
        zone, member = f"{rng.randrange(40):04}", rng.choice(["true", "false", ""])
        label = str(int(rng.random() < (0.6 if job == "nurse" else 0.3)))
        other = rng.choice(["0", "1", ""]) if number % 9 == 0 else str(int(rng.random() < 0.4))
        rows.append(";".join([wage, job, str(rng.randrange(70)), zone, member, label, other]))
    return ["\ufeffwage;职业;age;zone;member;income;married", *rows]


def test_csv_files_are_read_as_the_parquet_files_that_were_made_of_them():
    lines = _semicolon_table()
    Path("log.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = apps_rec.init("log.csv", ["income", "married"], "my.config")
    form = made.config.message.data_config.csv_form
    assert (form.separator, form.decimal_separator, list(form.null_words)) == (";", ",", ["NA"])
    assert made.written
    for purpose in ("predict", "evaluate"):
        schema = build_schema(made.config.message, purpose)
        of_csv = schema_for_rows(schema, "log.csv")
        rows = list(RowStream([str(path) for path in made.written], schema, 1000, keep=[]).batches())
        columns = {name: np.concatenate([batch.columns[name] for batch in rows]) for name in rows[0].columns}
        (csv,) = RowStream(["log.csv"], of_csv, 1000, keep=[]).batches()
        # The files of the two parts hold the rows in another order than the table.
        both = [sorted(zip(*(got[name].tolist() for name in columns), strict=True)) for got in (columns, csv.columns)]
        assert len(both[0]) == 600
        assert both[0] == both[1]
    # Read as CSV elsewhere, the config says the same without a word more.
    other = apps_rec.load_config("my.config", ["data_config.input_type=CSVInput", "eval_input_path=log.csv"])
    assert build_schema(other.message, "evaluate") == schema_for_rows(
        build_schema(made.config.message, "evaluate"), "log.csv"
    )
    # And so does `evaluate --input`, whatever the config reads.
    of_other = config_of_other_files(made.config.message, "log.csv")
    assert build_schema(of_other, "evaluate") == build_schema(other.message, "evaluate")
    back = config_of_other_files(of_other, str(made.written[1]))
    assert build_schema(back, "evaluate").input_type == "parquet"


def test_what_the_best_checkpoint_goes_by_and_missing_labels_are_told(capsys):
    Path("log.csv").write_text("\n".join(_semicolon_table()) + "\n", encoding="utf-8")
    code, out, _ = run(capsys, "init", "log.csv", "--label", "married", "--label", "income", "-o", "my.config")
    assert code == 0
    lines = out.splitlines()
    married = next(line for line in lines if line.startswith("married is 1 in "))
    empty = sum(row.endswith(";") for row in _semicolon_table())
    assert married.endswith(f"%). It is missing in {empty}, which do not count.")
    why = "chooses the best checkpoint, by married alone: the first --label"
    assert f"auc_married {why}." in lines
    assert f'best_exporter_metric: "auc_married"  # {why}\n' in Path("my.config").read_text(encoding="utf-8")
    assert "my.eval.parquet: written, the rows to measure on" in lines


@pytest.mark.parametrize("labels", [["click", "download"], ["click", "download", "paid"], ["age_over_40", "click"]])
def test_the_score_is_written_as_it_is_without_being_written(labels, capsys):
    log = funnel_log()
    log["paid"] = [one and number % 2 for number, one in enumerate(log["download"])]
    log["age_over_40"] = [int(age > 40 and number % 5 > 0) for number, age in enumerate(log["age"])]
    write({name: log[name] for name in ("app_id", "hour", "age", "day", *labels)})
    words = [word for label in labels for word in ("--label", label)]
    code, out, _ = run(capsys, "init", "log.parquet", *words, "-o", "my.config")
    assert code == 0
    terms = [(one.output, one.weight) for one in apps_rec.load_config("my.config").message.model_config.score]
    without = apps_rec.load_config("my.config", ["model_config.score="]).message.model_config.score
    assert terms == [(one.output, one.weight) for one in without]
    told = f"Rows are ranked by score = {' + '.join(output for output, _ in terms)}"
    assert told in out
    text = Path("my.config").read_text(encoding="utf-8")
    assert f"# {told}" in text
    assert ("the labels alike, though they are no funnel" in text) == (labels[0] == "age_over_40")
    assert "\nusers: no column; none is needed (--user NAME adds GAUC" in out


def test_the_strongest_column_and_the_borders_of_the_split_are_told(capsys):
    log = funnel_log()
    write({name: log[name] for name in ("app_id", "hour", "day", "click")})
    assert run(capsys, "init", "log.parquet", "--label", "click", "-o", "my.config")[0] == 0
    text = Path("my.config").read_text(encoding="utf-8")
    assert (
        "# By time, day: rows before 2026-11-17 train, rows of 2026-11-17 and later, before 2026-11-19, choose the "
        "checkpoint, rows of 2026-11-19 and later measure.\n" in text
    )
    # An app whose number 5 divides is clicked seven times of ten, any other once: so does a row that is clicked rank.
    (told,) = re.findall(r"# Strongest column by itself: app_id for click, AUC (0\.\d{3}) \(above 0\.99 ", text)
    assert 0.7 < float(told) < 0.85
    # One label is its own score.
    assert "ranked by" not in text


def test_days_that_do_not_compare_as_text_say_why_files_are_written(capsys):
    rows = [f"{day % 20 + 1:02}.11.2026;{day * 7 % 50};{int(day * 13 % 7 > 3)}" for day in range(600)]
    Path("log.csv").write_text("\n".join(["day;age;label", *rows]), encoding="utf-8")
    code, out, _ = run(capsys, "init", "log.csv", "--label", "label", "-o", "my.config")
    assert code == 0
    told = (
        "day is not written as 2026-01-31, and a config compares days as text: so the rows are written to two Parquet"
    )
    assert told in out
    assert told in Path("my.config").read_text(encoding="utf-8").split("\n\n")[0]
    assert "my.train.parquet: written, the rows to train on" in out


def test_quotes_that_no_config_can_say_are_told(capsys):
    rows = [f"{n % 40};{['`welder`', '`night; nurse`'][n * 7 % 3 > 0]};{int(n * 13 % 7 > 3)}" for n in range(600)]
    Path("log.csv").write_text("\n".join(["age;job;label", *(row.replace("`", "'") for row in rows)]), encoding="utf-8")
    code, out, _ = run(capsys, "init", "log.csv", "--label", "label", "-o", "my.config")
    told = "log.csv has cells in ' and not in double quotes, which no config can say: predict and evaluate would read"
    assert (code, told in out, f"# {told}" in Path("my.config").read_text(encoding="utf-8")) == (0, True, True)


def test_a_table_with_tabs():
    rows = [f"2026-11-{day % 20 + 1:02}\t{day * 7 % 50}\t{int(day * 13 % 7 > 3)}" for day in range(600)]
    Path("log.tsv").write_text("\n".join(["day\tage\tlabel", *rows]), encoding="utf-8")
    assert apps_rec.init("log.tsv", ["label"], "my.config").config.message.data_config.separator == "\t"


def test_a_column_of_train_and_test_divides_the_rows():
    log = funnel_log()
    log["split"] = ["train", "train", "test", "train"] * 500
    write(log)
    config = apps_rec.init("log.parquet", LABELS, "my.config").config
    kept = [(one.column, list(one.keep), list(one.use)) for one in config.message.data_config.row_filter]
    assert kept == [("split", ["train"], [1]), ("split", ["test"], [3])]


def test_easyrec_gets_its_own_fields_alone():
    log = funnel_log()
    log["position"] = [n % 5 + 1 for n in range(2000)]
    log["seen"] = [[app] for app in log["user_id"]]
    write(log)
    made = apps_rec.init("log.parquet", LABELS, "my.config", easyrec=True)
    ours = [pair for pair in made.config.tally.used if use_of(*pair)[1] is None]
    assert ours == []
    assert made.config.written.model_config.model_class == "ESMM"
    assert "position" in made.decision.left_out
    # The last two of twenty days are in the second file.
    days = pq.read_table("my.eval.parquet").column("day").to_pylist()
    assert set(days) == {"2026-11-19", "2026-11-20"}


def test_labels_of_their_own_and_three_steps():
    draw = random.Random(2)
    log = funnel_log()
    log["like"] = [draw.randrange(2) for _ in range(2000)]
    log["use"] = [int(one and draw.random() < 0.6) for one in log["download"]]
    write(log)
    made = apps_rec.init("log.parquet", ["click", "like"], "two.config", keep=["download", "use"])
    assert made.config.message.model_config.rank_model.body.HasField("mmoe")
    assert made.decision.tasks.why.startswith("No funnel: ")
    three = apps_rec.init("log.parquet", ["use", "click", "download"], "three.config")
    names = list(three.config.message.model_config.rank_model.head.funnel.tower_names)
    assert [label.name for label in three.decision.tasks.labels] == ["click", "download", "use"]
    assert names in ([], ["click", "download", "use"])
    assert three.config.message.export_config.best_exporter_metric == "auc_click"
    one = apps_rec.init("log.parquet", ["like"], "one.config", exclude=["click", "download", "use", "stay_time"])
    assert len(one.config.message.model_config.rank_model.task_towers) == 1


def test_names_of_any_kind_come_through():
    log = funnel_log()
    log['a "b" c'] = log.pop("price")
    log["点击"] = log.pop("click")
    log["it's, a|b"] = log.pop("hour")
    write(log, "a b,c.parquet")
    made = apps_rec.init("a b,c.parquet", ["点击"], "my.config", exclude=["download", "stay_time"])
    names = {feature.input_names[0] for feature in made.config.message.feature_config.features}
    assert {'a "b" c', "it's, a|b"} <= names
    assert [tower.tower_name for tower in made.config.message.model_config.rank_model.task_towers] == ["task_1"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["clik"], 'label: log.parquet has no column "clik"; there are user_id, app_id'),
        (["clik"], 'Did you mean "click"?'),
        (["age"], 'log.parquet: label "age": expected 0 and 1 in every row, got "'),
        (["app_id"], 'got "app'),
        (["one"], 'log.parquet: label "one" is 1 in every row'),
        (["none"], 'log.parquet: label "none" has no value in any row; expected 0 and 1'),
        (["click", "again"], 'labels "click" and "again" are equal in every row; name one of them'),
        (["click", "click"], 'label: "click" is named twice'),
        (["click", "late"], 'label "late" has no value in'),
        ([], "label: expected a column of 0 and 1 to learn, got none"),
    ],
)
def test_labels_that_cannot_be_learned(labels, message):
    log = funnel_log(400)
    log |= {"one": [1] * 400, "none": pa.nulls(400, pa.int32()), "again": log["click"]}
    log["late"] = [down if click else None for click, down in zip(log["click"], log["download"], strict=True)]
    write(log)
    with pytest.raises((DataError, RunError)) as raised:
        apps_rec.init("log.parquet", labels, "my.config")
    assert message in str(raised.value)
    assert not Path("my.config").exists()


def test_an_empty_table():
    write({name: values[:0] for name, values in funnel_log(10).items()} | {"click": pa.array([], pa.int32())})
    with pytest.raises(DataError, match=r"log.parquet: there are no rows; expected a table with some"):
        apps_rec.init("log.parquet", ["click"], "my.config")


def test_a_table_with_nothing_to_learn_from():
    write({"click": [0, 1] * 100, "key": list(range(200)), "same": ["x"] * 200})
    with pytest.raises(DataError) as raised:
        apps_rec.init("log.parquet", ["click"], "my.config")
    assert "no column is left to learn from" in str(raised.value)
    assert "key: is a key: hardly any value is in two rows" in str(raised.value)
