"""Logs in every form give the figures of their users, and what is odd about rows is counted and said."""

import json
import sqlite3
import warnings
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from apps_rec.errors import ArgumentError, DataError, RunError
from apps_rec.experiments import log
from apps_rec.experiments.analyze import analyze, compared
from apps_rec.experiments.columns import columns_of
from apps_rec.experiments.metric import metrics_of
from apps_rec.experiments.report import Arm, Settings
from tests.experiments.logs import rows_of, sums_of, users_of

METRICS = metrics_of([], ["ctr=before"])


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def users():
    return users_of({"fm": 300, "mmoe": 280}, seed=3)


@pytest.fixture(scope="module")
def rows(users):
    return rows_of(users)


def read(log, metrics=METRICS, **options):
    return analyze(log, metrics, options.pop("user", "user_id"), options.pop("arm", "arm"), **options)


def expected(users, metrics=METRICS, control="fm"):
    """Comparisons by sums that numpy made of the users."""
    columns = columns_of(metrics, "user_id", "arm")
    sums = {}
    for arm in np.unique(users["arm"]).tolist():
        of_arm = users["arm"] == arm
        numbers = {key: users[name][of_arm] for key, name in columns.numbers.items()}
        sums[arm] = sums_of({"num_rows": users["impressions"][of_arm], **numbers})
    return compared(sums, metrics, columns, control, Settings())


def assert_alike(found, wanted):
    assert [(one.metric, one.arm) for one in found] == [(one.metric, one.arm) for one in wanted]
    for one, other in zip(found, wanted, strict=True):
        for name in (
            "control",
            "treatment",
            "difference",
            "interval",
            "p",
            "detectable",
            "dispersion",
            "variance_left",
        ):
            wanted_value = getattr(other, name)
            if wanted_value is not None:
                wanted_value = pytest.approx(wanted_value, rel=1e-9)
            assert getattr(one, name) == wanted_value, name


def as_parquet(rows):
    pq.write_table(rows, "log.parquet", row_group_size=500)
    return "log.parquet"


def as_csv(rows):
    csv.write_csv(rows, "log.csv")
    return "log.csv"


def as_folder(rows):
    pq.write_to_dataset(rows, "log", partition_cols=["arm"])
    return "log"


def as_duckdb(rows):
    with duckdb.connect("log.duckdb") as database:
        database.execute("CREATE SCHEMA tests")
        database.register("arrow", rows)
        database.execute("CREATE TABLE tests.log AS SELECT * FROM arrow")
    return "log.duckdb::tests.log"


def as_sqlite(rows):
    columns = rows.column_names
    with sqlite3.connect("log.db") as database:
        database.execute(
            f"CREATE TABLE log ({', '.join(f'{c} TEXT' if c == 'arm' else f'{c} INTEGER' for c in columns)})"
        )
        database.executemany(
            f"INSERT INTO log VALUES ({', '.join('?' * len(columns))})", zip(*rows.to_pydict().values(), strict=True)
        )
    return "sqlite://log.db::log"


@pytest.mark.parametrize("form", [as_parquet, as_csv, as_folder, as_duckdb, as_sqlite])
def test_every_form_of_a_log_gives_the_figures_of_its_users(form, users, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        report = read(form(rows))
    assert_alike(report.comparisons, expected(users))
    impressions = [int(users["impressions"][users["arm"] == arm].sum()) for arm in ("fm", "mmoe")]
    assert report.arms == (Arm("fm", 300, impressions[0]), Arm("mmoe", 280, impressions[1]))
    assert (report.alarms, report.notes) == ((), ())
    json.dumps(report.as_json())


def test_a_table_with_a_row_a_user_gives_the_same(users):
    table = pa.table({**users, "user_id": [f"u{at}" for at in range(580)]})
    metrics = metrics_of([], ["ctr=before"], impression="impressions")
    assert_alike(read(as_parquet(table), metrics).comparisons, expected(users, metrics))


def test_more_users_than_fit_in_memory_are_summed_in_several_passes(users, rows, monkeypatch):
    parts = []
    seen = log._DuckLog.aggregates
    monkeypatch.setattr(log._DuckLog, "aggregates", lambda *given: parts.append(seen(*given)) or parts[-1])
    # So that about a hundred of the 580 users fit.
    monkeypatch.setattr(log, "_BYTES_OF_PASS", 100 * (log._BYTES_OF_USER["BIGINT"] + 6 * log._BYTES_OF_SUM))
    moved = rows.slice(0, 1).set_column(1, "arm", pa.array(["mmoe" if rows["arm"][0].as_py() == "fm" else "fm"]))
    report = read(as_parquet(pa.concat_tables([rows, moved])))
    assert 5 <= len(parts) <= 8
    assert all(0 < part[0].count() < 150 for part in parts)
    stay = np.arange(580) != rows["user_id"][0].as_py()
    assert_alike(report.comparisons, expected({name: column[stay] for name, column in users.items()}))
    assert report.alarms[0].startswith("1 user has rows in several arms")


def test_the_control_is_the_one_that_is_named(users, rows):
    log = as_parquet(rows)
    assert read(log).control == "fm"
    report = read(log, control="mmoe")
    assert report.arms[0].name == "mmoe"
    assert_alike(report.comparisons, expected(users, control="mmoe"))
    renamed = rows.set_column(1, "arm", pc.replace_substring(rows["arm"], "mmoe", "control"))
    assert read(as_parquet(renamed)).control == "control"


def test_rows_that_are_marked_are_left_out(users, rows):
    extra = rows.slice(0, 40).append_column("is_cached", pa.array([1] * 40))
    log = as_parquet(pa.concat_tables([rows.append_column("is_cached", pa.array([0] * len(rows))), extra]))
    report = read(log, left_out="is_cached")
    assert_alike(report.comparisons, expected(users))
    assert report.notes == ('40 rows are left out, since "is_cached" is not 0',)
    assert report.arms[0].rows + report.arms[1].rows == len(rows)


def test_users_in_several_arms_are_counted_and_left_out(users, rows):
    moved = {
        "user_id": [0, 1, 579],
        "arm": ["mmoe", "mmoe", "fm"],
        "click": [1, 0, 0],
        "download": [True, False, False],
    }
    extra = pa.table({**moved, "before": users["before"][[0, 1, 579]]}).cast(rows.schema)
    report = read(as_parquet(pa.concat_tables([rows, extra])))
    stay = ~np.isin(np.arange(580), [0, 1, 579])
    assert_alike(report.comparisons, expected({name: column[stay] for name, column in users.items()}))
    assert [arm.users for arm in report.arms] == [298, 279]
    (alarm,) = report.alarms
    assert alarm.startswith("3 users have rows in several arms and are left out")


def test_rows_without_an_arm_a_user_or_a_value_are_counted(users, rows):
    extra = pa.table(
        {
            "user_id": [9001, 9001, None, 0],
            "arm": [None, None, "fm", "fm"],
            "click": [1, 1, 1, None],
            "download": [True, True, True, False],
            "before": [None, None, None, users["before"][0]],
        }
    ).cast(rows.schema)
    report = read(as_parquet(pa.concat_tables([rows, extra])))
    one_more = {**users, "impressions": users["impressions"] + (np.arange(580) == 0)}
    assert_alike(report.comparisons, expected(one_more))
    assert [alarm.partition(":")[0] for alarm in report.alarms] == [
        '2 rows without a value of "arm" are left out',
        '1 row without a value of "user_id" is left out',
    ]
    assert report.notes == ('"click": 1 row without a value counts as 0',)


def test_users_without_a_covariate_count_as_0(users, rows):
    is_new = pc.less(rows["user_id"], 50)
    log = as_parquet(rows.set_column(4, "before", pc.if_else(is_new, pa.scalar(None, pa.int64()), rows["before"])))
    report = read(log)
    assert_alike(report.comparisons, expected({**users, "before": users["before"] * (np.arange(580) >= 50)}))
    assert report.notes == ('"before": 50 users without a value count as 0',)


def test_expected_shares_and_a_mismatch():
    log = as_parquet(rows_of(users_of({"a": 900, "b": 100}, seed=5)))
    (alarm,) = read(log).alarms
    assert alarm.startswith("sample-ratio mismatch: b has 100 users where 500 were expected beside 900 of a (p = ")
    assert read(log, settings=Settings(shares={"a": 9, "b": 1})).alarms == ()
    with pytest.raises(ArgumentError, match="shares: expected a share for each arm, a, b, got a"):
        read(log, settings=Settings(shares={"a": 9}))


def test_arms_of_numbers_stand_in_their_order():
    users = users_of({"10": 50, "2": 50, "0": 50})
    table = rows_of(users)
    report = read(as_parquet(table.set_column(1, "arm", table["arm"].cast(pa.int64()))), metrics_of(["ctr"]))
    assert [arm.name for arm in report.arms] == ["0", "2", "10"]
    assert [one.arm for one in report.comparisons] == ["2", "10"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"user": "uid", "arm": "am"}, 'log.parquet: there is no column "uid"; columns are user_id, arm, click, '
         'download, before. Did you mean "user_id"?\nlog.parquet: there is no column "am"; columns are user_id, arm, '
         'click, download, before. Did you mean "arm"?'),
        ({"click": lambda t: t["arm"]}, {}, 'log.parquet: column "click" holds VARCHAR; expected numbers, or true and'),
        ({"arm": lambda t: pa.array(["a"] * len(t))}, {}, "log.parquet: there is one arm alone, a; expected"),
        ({"arm": lambda t: pa.nulls(len(t), pa.string())}, {}, 'log.parquet: no row has an arm in column "arm"; there'),
        ({"arm": lambda t: t["user_id"]}, {}, 'log.parquet: column "arm" has more than 20 values'),
        ({"user_id": lambda t: pa.array([7] * len(t)), "before": lambda t: t["user_id"]}, {},
         "log.parquet: expected two users or more in each arm, got "
         'fewer in fm, mmoe; 1 user has rows in several arms. Are "user_id" and "arm" the right columns?'),
        ({"before": lambda t: pa.array(range(len(t)))}, {}, 'log.parquet: covariate "before" has several values'),
        ({"click": lambda t: pa.array([float("nan")] * len(t))}, {}, 'log.parquet: column "click" holds NaN or'),
        ({}, {"control": "mmo"}, 'control: there is no arm mmo; arms are fm, mmoe. Did you mean "mmoe"?'),
    ],
)  # fmt: skip
def test_messages(rows, change, options, message):
    for name, column in change.items():
        rows = rows.set_column(rows.column_names.index(name), name, column(rows))
    with pytest.raises((DataError, ArgumentError)) as caught:
        read(as_parquet(rows), **options)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("no.duckdb::log", "no.duckdb::log: there is no file no.duckdb; expected a database of DuckDB in front of ::"),
        ("log.duckdb::lg", 'log.duckdb::lg: there is no table "lg"; tables are tests.log.'),
        ("sqlite://log.db::lg", 'sqlite://log.db: there is no table "lg"; tables are log. Did you mean "log"?'),
        ("s3://bucket/log.parquet", "s3://bucket/log.parquet: ab reads local and mounted files"),
        ("nothing://me:secret@host/x::log", "nothing://***@host/x, table log: "),
    ],
)
def test_messages_on_places(rows, log, message):
    as_duckdb(rows)
    as_sqlite(rows)
    with pytest.raises((DataError, RunError)) as caught:
        read(log)
    assert str(caught.value).startswith(message)


def test_a_mark_in_every_row_leaves_nothing(rows):
    log = as_parquet(rows.append_column("is_cached", pa.array([True] * len(rows))))
    with pytest.raises(
        DataError, match=f'there are {len(rows):,} rows, and in {len(rows):,} of them "is_cached" is not'
    ):
        read(log, left_out="is_cached")


def test_names_of_columns_may_hold_anything(users, rows):
    names = ['"; DROP', "ärm name", "cl/ick' --", "download", "before"]
    metrics = [replace(one, covariate=None) for one in METRICS]
    wanted = expected(users, metrics)
    metrics = metrics_of([], click="cl/ick' --")
    report = read(as_parquet(rows.rename_columns(names)), metrics, user='"; DROP', arm="ärm name")
    assert_alike(report.comparisons, wanted)
