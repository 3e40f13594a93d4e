"""Ranges of days in paths, and {date} that --date fills."""

import datetime

import pytest

from apps_rec.config import parse_text
from apps_rec.config.files.dates import days_mistake, days_of
from apps_rec.errors import ConfigError


def load(train="a.csv", date=None, more="", model_dir="out", data="", **others):
    text = f"""
train_input_path: "{train}" model_dir: "{model_dir}" {more}
data_config {{
  input_type: CSVInput with_header: true label_fields: "click" num_epochs: 1 {data}
  input_fields {{ input_name: "user" }} input_fields {{ input_name: "click" input_type: INT32 }}
  input_fields {{ input_name: "dt" }}
}}
feature_config {{ features {{ input_names: "user" hash_bucket_size: 10 embedding_dim: 4 }} }}
model_config {{
  feature_groups {{ group_name: "all" feature_names: "user" }}
  rank_model {{ body {{ shared_bottom {{ }} }} task_towers {{ tower_name: "ctr" label_name: "click" }} }}
}}
"""
    return parse_text(text, date=date, **others)


def test_a_range_is_the_path_of_each_day():
    assert days_of("log/dt={2026-02-27..2026-03-01}") == {
        "2026-02-27": "log/dt=2026-02-27",
        "2026-02-28": "log/dt=2026-02-28",
        "2026-03-01": "log/dt=2026-03-01",
    }
    assert list(days_of("{20271231..20280101}.csv").values()) == ["20271231.csv", "20280101.csv"]
    assert list(days_of("{2027-12-31..2028-01-01:%y.%j}.csv").values()) == ["27.365.csv", "28.001.csv"]
    assert list(days_of("{20261101..20261101:%Y/%m/%d}/x").values()) == ["2026/11/01/x"]


def test_several_ranges_of_a_path_go_together():
    path = "log/{2026-11-01..2026-11-02:%Y%m}/dt={2026-11-01..2026-11-02}/{20261101..20261102}.csv"
    assert list(days_of(path).values()) == [
        "log/202611/dt=2026-11-01/20261101.csv",
        "log/202611/dt=2026-11-02/20261102.csv",
    ]
    with pytest.raises(ConfigError, match="expected ranges of the same days in one path"):
        days_of("{20261101..20261102}/{20261101..20261103}")


@pytest.mark.parametrize("path", ["a.csv", "{a}.csv", "{2026-11-01}.csv", "..", "{date}", "dt=2026-11-01..2026-11-03"])
def test_other_paths_have_no_days(path):
    assert days_of(path) == {}
    assert days_mistake(path) is None


@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        ("{2026-11-01..2026-11-31}", 'expected a day such as 2026-11-08 or 20261108, got "2026-11-31"'),
        ("{2026-11-02..2026-11-01}", "expected a range of 1 to 3,660 days, the first one in front"),
        ("{1926-11-02..2026-11-01}", "expected a range of 1 to 3,660 days"),
        ("{2026-11-01..20261102}", "expected a range of days such as {2026-11-01..2026-11-07}"),
        ("{2026-11-01..2026-11-02:%H}", "with %Y, %y, %m, %d and %j, got {2026-11-01..2026-11-02:%H}"),
        ("{2026-11-01..2026-11-02:day}", "with %Y, %y, %m, %d and %j"),
        ("part-{0..9}.csv", "expected a range of days such as"),
    ],
)
def test_ranges_with_a_mistake(path, mistake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"<text>:2: train_input_path: ") as caught:
        load(path)
    assert mistake in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    (tmp_path / path).write_text("")
    assert load(path).message.train_input_path == path  # a name that exists is that file


def test_date_fills_paths_filters_and_the_holdout():
    config = load(
        "log/dt={date-7..date-1}/*.csv, x/{date:%Y%m%d}.csv",
        "2026-11-08",
        'eval_input_path: "log/{date-1..date+1:%Y/%m/%d}" train_config { fine_tune_checkpoint: "out/{date-1}" }',
        "out/{date}",
        'row_filter { column: "dt" from: "{date-30}" to: "{date}" } holdout_by: "dt" holdout_from: "{date-1}"',
    )
    message, data = config.message, config.message.data_config
    assert message.train_input_path == "log/dt={2026-11-01..2026-11-07}/*.csv, x/20261108.csv"
    assert message.eval_input_path == "log/{2026-11-07..2026-11-09:%Y/%m/%d}"
    assert message.model_dir == "out/2026-11-08"
    assert message.train_config.fine_tune_checkpoint == "out/2026-11-07"
    assert (getattr(data.row_filter[0], "from"), data.row_filter[0].to) == ("2026-10-09", "2026-11-08")
    assert data.holdout_from == "2026-11-07"
    assert config.written.model_dir == "out/2026-11-08"
    assert config.days[2] == 'model_dir: "out/{date}" is "out/2026-11-08"'
    assert config.days[-2:] == [
        'train_input_path: "log/dt={2026-11-01..2026-11-07}/*.csv" is 7 days, "log/dt=2026-11-01/*.csv" to '
        '"log/dt=2026-11-07/*.csv"',
        'eval_input_path: "log/{2026-11-07..2026-11-09:%Y/%m/%d}" is 3 days, "log/2026/11/07" to "log/2026/11/09"',
    ]
    # What was filled is a config of its own.
    assert parse_text(config.to_text()).message == message


def test_date_and_set_go_together():
    config = load(date="20261108", overrides=["train_input_path=log/{date:%d.%m.%Y}.csv"])
    assert config.message.train_input_path == "log/08.11.2026.csv"


def test_date_that_is_missing_wrong_or_without_a_place():
    with pytest.raises(
        ConfigError, match=r'<text>:2: train_input_path: "x/{date}" is of a day: expected --date, as in'
    ):
        load("x/{date}")
    with pytest.raises(ConfigError, match=r'--date: expected a day such as 2026-11-08 or 20261108, got "tomorrow"\.'):
        load("x/{date}", "tomorrow")
    with pytest.raises(ConfigError, match=r"--date: <text> has no {date} in a path or in a bound of a row_filter"):
        load("x", "2026-11-08")
    with pytest.raises(ConfigError, match=r"train_input_path: expected a day such as {date}, .* got {date - 1}"):
        load("x/{date - 1}", "2026-11-08")
    with pytest.raises(ConfigError, match=r"model_dir: expected one day, such as {date-1}, got {date-1\.\.date}"):
        load(model_dir="x/{date-1..date}", date="2026-11-08")


def test_a_file_of_that_very_name_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "{date}.csv").write_text("")
    assert load("{date}.csv").message.train_input_path == "{date}.csv"


def test_training_and_evaluation_over_one_day_are_warned_of():
    more = 'eval_input_path: "log/dt=2026-11-07"'
    assert "trained on" in load("log/dt={2026-11-01..2026-11-07}", more=more).warnings[0]
    assert load("log/dt={2026-11-01..2026-11-06}", more=more).warnings == []


def test_days_are_those_of_the_calendar():
    days = [datetime.date(2026, 12, 30) + datetime.timedelta(number) for number in range(400)]
    assert list(days_of(f"{{{days[0]}..{days[-1]}}}")) == [str(day) for day in days]
