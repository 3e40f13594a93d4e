"""What `evaluate` says beyond metrics: intervals and slices, on a trained run."""

import json

import numpy as np
import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import ArgumentError, ConfigError, DataError

_LEGEND = "calibration: predicted over observed; 1 is right"
GAUC = ['eval_config.metrics_set+={gauc { uid_field: "user" }}', "eval_config.metrics_set+={auc { }}"]


def printed(capsys, *words):
    assert main(["evaluate", "tiny.config", *words]) == 0
    return capsys.readouterr().out


def test_every_metric_has_an_interval_around_it(trained_small, capsys):
    evaluation = apps_rec.evaluate("tiny.config", intervals=True, users="user", by=["source", "app"], calibration=True)
    intervals = evaluation.to_json()["intervals"]
    names = [name for name in evaluation if name not in ("rows", "step")]
    assert list(intervals["metrics"]) == list(intervals["as_exported"]) == names
    users = {row["user"] for row in trained_small.rows("eval.csv") if row["source"] == "live"}
    assert {name: intervals[name] for name in ("level", "users", "count", "resamples", "seed")} == {
        "level": 0.95,
        "users": "user",
        "count": len(users),
        "resamples": 200,
        "seed": 0,
    }
    for values, bounds in ((evaluation, intervals["metrics"]), (evaluation.as_exported, intervals["as_exported"])):
        for name, (low, high) in bounds.items():
            assert low < values[name] < high
            assert (low + high) / 2 == pytest.approx(values[name])
    assert [slices.column for slices in evaluation.slices] == ["source", "app"]
    # All rows that are left come from one source, so that slice is the whole.
    (live,) = evaluation.slices[0].shown
    assert {name: live.intervals[name].half_width for name in names} == pytest.approx(
        {name: (high - low) / 2 for name, (low, high) in intervals["metrics"].items()}
    )
    words = ["--intervals", "--users", "user", "--by", "source,app", "--calibration"]
    assert json.loads(printed(capsys, *words, "--json")) == json.loads(json.dumps(evaluation.to_json()))
    table = printed(capsys, *words)
    half = (np.diff(intervals["metrics"]["auc_ctr"]) / 2).item()
    assert f" {evaluation['auc_ctr']:.5f} ±{half:.5f} " in table
    assert f"± half of a 95 % interval: 200 resamples of {len(users)} values of user\n" in table
    assert list(evaluation.to_json()["reliability"]) == ["ctr", "cvr_masked", "ctcvr"]
    assert f"\n\n{evaluation.reliability[0]}\n\n{evaluation.reliability[1]}\n\n" in table
    kept = json.loads((trained_small.folder / "run/metrics.json").read_text(encoding="utf-8"))
    assert kept["intervals"] == intervals


def test_the_column_of_users_is_that_of_gauc_and_without_one_rows_are_drawn(trained_small):
    rows = apps_rec.evaluate("tiny.config", intervals=True, resamples=50, seed=3)
    assert rows.intervals.to_json()["users"] is None
    assert rows.intervals.count == rows["rows"]
    assert "50 resamples of" in str(rows)
    users = apps_rec.evaluate("tiny.config", GAUC, intervals=True, resamples=50, seed=3)
    assert users.intervals.resampling.users == "user"
    assert users.intervals.metrics["gauc_ctr"].standard_error > 0


def test_rows_that_a_filter_leaves_out_are_told(trained_small, capsys):
    rows = trained_small.rows("eval.csv")
    live = [row for row in rows if row["source"] == "live"]
    table = printed(capsys)
    gone = len(rows) - len(live)
    assert f"\nrows {len(live)} of {len(rows)} read, step " in table
    assert f"; {gone} left out by the row_filter of source\n{_LEGEND}\n\n" in table
    found = json.loads(printed(capsys, "--json"))
    assert (found["rows"], found["rows_read"], found["rows_filtered"]) == (len(live), len(rows), gone)
    # A stream reads ahead of the rows that are measured, so that nothing is known of what a filter left out.
    some = apps_rec.evaluate("tiny.config", ["eval_config.num_examples=50"])
    assert (some["rows"], some.rows_read, some.left_out) == (50, None, "")


def test_the_split_of_the_config_does_not_part_other_files(trained_small, capsys):
    split = 'data_config.row_filter+={column: "request" from: "r9" use: EVALUATION}'
    whole = apps_rec.evaluate("tiny.config")
    lines = (trained_small.folder / "eval.csv").read_text(encoding="utf-8").splitlines()
    other = trained_small.folder / "other.csv"
    # Another separator, and no column of the split.
    other.write_text("\n".join(line.split(",", 1)[1].replace(",", ";") for line in lines) + "\n", encoding="utf-8")
    overrides = [split, "eval_config.num_examples=5"]
    measured = apps_rec.evaluate("tiny.config", overrides, input="other.csv")
    assert dict(measured) == dict(whole)
    assert (measured.rows_read, measured.rows_filtered) == (whole.rows_read, whole.rows_filtered)
    assert measured.measured_on["row_filter"] == ['source drop "cache"']
    told = 'all rows of other.csv: the config\'s own split does not apply (row_filter of request from "r9")'
    assert f" left out by the row_filter of source\n{_LEGEND}\n{told}\n" in f"{measured}"
    assert measured.to_json()["split_not_applied"] == ['request from "r9"']
    kept = json.loads((trained_small.folder / "run/metrics.json").read_text(encoding="utf-8"))
    assert kept["measured_on"]["eval_input_path"] == "eval.csv"
    # In place of eval_input_path the split applies, and the message says the way.
    with pytest.raises(DataError, match=r'no column "request".*Only a row_filter .* evaluate --input FILE'):
        apps_rec.evaluate("tiny.config", [split, "eval_input_path=other.csv", "data_config.separator=;"])
    assert main(["evaluate", "tiny.config", "--input", "other.csv", "--set", split]) == 0
    assert told in capsys.readouterr().out
    with pytest.raises(DataError, match="input: no file matches"):
        apps_rec.evaluate("tiny.config", input="nowhere.csv")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"resamples": 100}, "^resamples: for intervals only$"),
        ({"seed": 1, "users": "user"}, "^seed, users: for intervals only$"),
        ({"intervals": True, "resamples": 3}, "resamples: expected 20 or more, got 3"),
        ({"intervals": True, "users": "usr"}, 'users: expected a column .* Did you mean "user"'),
        ({"intervals": True, "users": "price"}, 'users: "price" is a FLOAT'),
        ({"by": ["source", "wrod"]}, 'by: expected a column .*"wrod"'),
        ({"by": ""}, 'by: expected a column .*""'),
    ],
)
def test_mistakes_are_told_before_the_model_is_loaded(trained_small, given, message):
    with pytest.raises((ArgumentError, ConfigError), match=message):
        apps_rec.evaluate("tiny.config", ["eval_input_path=nowhere.csv"], **given)
