"""The division of the rows, in files of each kind: the config's filters let the rows through that they should."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import apps_rec
from tests.profile.conftest import funnel_log

START = datetime.datetime(2026, 11, 1)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def log_with(time, name="event_time"):
    log = funnel_log()
    del log["day"], log["stay_time"]
    return log | {name: [time(START + datetime.timedelta(minutes=15 * n)) for n in range(2000)]}


def bounds(log, file="log.parquet", **options):
    """The filters of the config for a log: the bounds of each use."""
    if file.endswith(".csv"):
        pyarrow.csv.write_csv(pa.table(log), file)
    else:
        pq.write_table(pa.table(log), file)
    made = apps_rec.init(file, ["click", "download"], "my.config", overwrite=True, **options)
    return made, [(getattr(one, "from"), one.to) for one in made.config.message.data_config.row_filter]


# 2,000 rows at 96 a day: 20.8 days. The last tenth of the rows is 200, nearest to 2 days and .8, which is 176 + 96.
DAYS = [("", "2026-11-18"), ("2026-11-18", "2026-11-20"), ("2026-11-20", "")]


@pytest.mark.parametrize(
    "time",
    [
        pytest.param(lambda t: t, id="timestamp"),
        pytest.param(lambda t: t.replace(tzinfo=datetime.UTC), id="timestamp-with-zone"),
        pytest.param(lambda t: t.date(), id="day"),
        pytest.param(lambda t: t.strftime("%Y-%m-%d %H:%M:%S"), id="text"),
    ],
)
def test_parquet_is_filtered_by_days(time):
    made, found = bounds(log_with(time))
    assert found == DAYS
    assert made.written == ()


def test_csv_with_iso_days_is_filtered():
    _, found = bounds(log_with(lambda t: t.strftime("%Y-%m-%d")), "log.csv")
    assert found == DAYS


def test_csv_with_other_days_becomes_two_files():
    made, found = bounds(log_with(lambda t: t.strftime("%d.%m.%Y")), "log.csv")
    assert found == []
    data = made.config.message.data_config
    assert (data.holdout_by, data.holdout_from) == ("event_time", "2026-11-18")
    days = {path.name: pq.read_table(path).column("event_time").to_pylist() for path in made.written}
    assert max(days["my.train.parquet"]) == datetime.date(2026, 11, 19)
    assert min(days["my.eval.parquet"]) == datetime.date(2026, 11, 20)
    assert sum(map(len, days.values())) == 2000


def test_seconds_are_cut_at_quantiles():
    _, found = bounds(log_with(lambda t: int(t.replace(tzinfo=datetime.UTC).timestamp()), "ts"))
    seconds = int(START.replace(tzinfo=datetime.UTC).timestamp())
    assert found == [
        ("", str(seconds + 1600 * 900)),
        (str(seconds + 1600 * 900), str(seconds + 1800 * 900)),
        (str(seconds + 1800 * 900), ""),
    ]


def test_eval_files_leave_the_last_rows_of_the_table_to_choose():
    log = log_with(lambda t: t.date())
    pq.write_table(pa.table(log), "later.parquet")
    made, found = bounds(log, eval_data="later.parquet")
    data = made.config.message.data_config
    assert found == []
    assert made.config.message.eval_input_path == "later.parquet"
    assert (data.holdout_by, data.holdout_from) == ("event_time", "2026-11-20")
    pq.write_table(pa.table({"click": [1]}), "other.parquet")
    with pytest.raises(apps_rec.errors.RunError, match=r"eval_data: other.parquet has no column app_id, .*, user_id,"):
        bounds(log, eval_data="other.parquet")


def test_a_time_of_the_item_divides_nothing():
    log = funnel_log()
    del log["day"], log["stay_time"]
    log["upload_day"] = [f"2026-11-{int(app[3:]) % 28 + 1:02d}" for app in log["app_id"]]
    made, found = bounds(log)
    assert found == []
    assert "my.eval.parquet" in [path.name for path in made.written]
    assert "is a time" in made.decision.left_out["upload_day"]
    assert Path("my.config").exists()


def total_steps(made):
    (optimizer,) = made.config.message.train_config.optimizer_config
    return optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.total_steps


def test_a_schedule_is_of_the_rows_that_train():
    def steps_of(log, **options):
        data = "log.parquet"
        pq.write_table(pa.table(log), data)
        return total_steps(apps_rec.init(data, ["click", "download"], "my.config", overwrite=True, **options))

    # Of 2,000 rows in batches of 128, 50 times; a tenth of them measures, a tenth of the others chooses: 1,620.
    log = funnel_log()
    del log["day"], log["stay_time"]
    assert steps_of(log) == 50 * 13
    # EasyRec has no holdout: 1,800.
    assert steps_of(log, easyrec=True) == 50 * 15
    # Where other files measure, a tenth of all rows chooses: 1,800.
    pq.write_table(pa.table(log), "later.parquet")
    assert steps_of(log, eval_data="later.parquet") == 50 * 15
    assert steps_of(log, eval_data="later.parquet", easyrec=True) == 50 * 16
    # Three quarters train, but for a tenth: 1,350. Where others choose, half: 1,000.
    log["split"] = ["train", "train", "test", "train"] * 500
    assert steps_of(log) == 50 * 11
    log["split"] = ["train", "valid", "test", "train"] * 500
    assert steps_of(log) == 50 * 8
    assert steps_of(log, easyrec=True) == 50 * 12
