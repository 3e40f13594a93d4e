"""Labels of two words become 1 and 0: as `init` reads the table, and in the files that it writes."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.errors import DataError
from tests.cli.commands import run
from tests.profile.conftest import funnel_log

COLUMNS = ("user_id", "app_id", "click", "download")
PAIRS = [("yes", "no"), ("Y", "N"), ("t", "f"), (" Yes", "NO "), ("是", "否")]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def log_with(one, zero, missing=()):
    log = funnel_log(1_000)
    for name in ("click", "download"):
        log[name] = [None if at in missing else one if value else zero for at, value in enumerate(log[name])]
    return log


def labels_of(paths):
    table = pa.concat_tables(pq.read_table(path) for path in paths)
    # Each row once, in an order that the split does not change.
    return sorted(zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True))


@pytest.mark.parametrize(("one", "zero"), PAIRS)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_words_become_numbers_in_the_files_of_the_split(ending, one, zero, capsys):
    log = pa.table(log_with(one, zero))
    pa.csv.write_csv(log, "log.csv") if ending == "csv" else pq.write_table(log, "log.parquet")
    command = ("init", f"log.{ending}", "--label", "click", "--label", "download", "-o", "my.config")
    code, out, err = run(capsys, *command)
    assert (code, err) == (0, "")
    words = f'("{one.strip().lower()}" is 1, "{zero.strip().lower()}" is 0)'
    told = f"Labels of words are written as numbers: click {words}, download {words}. By time, day: "
    assert told in out
    assert told in Path("my.config").read_text(encoding="utf-8")
    plain = funnel_log(1_000)
    rows = sorted(zip(*(plain[name] for name in COLUMNS), strict=True))
    assert labels_of(["my.train.parquet", "my.eval.parquet"]) == rows
    # By days, as where the labels are numbers.
    assert max(pq.read_table("my.train.parquet").column("day").to_pylist()) < min(
        pq.read_table("my.eval.parquet").column("day").to_pylist()
    )
    assert list(apps_rec.load_config("my.config").message.model_config.rank_model.head.funnel.tower_names) == [
        "ctr",
        "cvr",
    ]


def test_a_label_that_is_missing_stays_missing():
    pq.write_table(pa.table(log_with("yes", "no", missing={3, 5})), "log.parquet")
    made = apps_rec.init("log.parquet", ["click"], "my.config", exclude=["download"])
    assert made.decision.tasks.not_observed == ("click",)
    assert sum(pq.read_table(path).column("click").null_count for path in made.written) == 2


def test_true_and_false_are_read_as_they_are():
    pa.csv.write_csv(pa.table(log_with("True", "False")), "log.csv")
    made = apps_rec.init("log.csv", ["click", "download"], "my.config")
    assert made.written == ()
    assert made.config.message.train_input_path == "log.csv"


def test_files_to_measure_on_are_not_written_anew():
    pq.write_table(pa.table(log_with("yes", "no")), "log.parquet")
    with pytest.raises(DataError) as raised:
        apps_rec.init("log.parquet", ["click"], "my.config", eval_data="log.parquet")
    assert str(raised.value) == (
        'log.parquet: label "click" holds "yes" and "no"; expected 1 and 0 where --eval names files, which are read as '
        "they are. Write all files anew, such as with DuckDB: CASE lower(trim(\"click\")) WHEN 'yes' THEN 1 WHEN 'no' "
        "THEN 0 END; or leave out --eval, and init writes two files with 1 and 0"
    )


@pytest.mark.parametrize(
    ("one", "zero", "message"),
    [
        (">50K", "<=50K", "CASE WHEN \"click\" = '>50K' THEN 1 ELSE 0 END"),
        ("yes", "maybe", "CASE WHEN \"click\" = 'yes' THEN 1 ELSE 0 END"),
        ("yes", "yes", 'label "click" is 1 in every row'),
        (1, 2, 'CASE WHEN "click" = 1 THEN 1 ELSE 0 END'),
        (1, -1, 'CASE WHEN "click" > 0 THEN 1 ELSE 0 END'),
    ],
)
def test_other_values_are_told_with_what_mends_them(one, zero, message):
    pq.write_table(pa.table(log_with(one, zero)), "log.parquet")
    with pytest.raises(DataError) as raised:
        apps_rec.init("log.parquet", ["click", "download"], "my.config")
    assert message in str(raised.value)
    assert ("are equal in every row" in str(raised.value)) == (one == zero)
