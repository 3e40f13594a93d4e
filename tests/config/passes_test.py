import pytest

from apps_rec.config import parse_text
from apps_rec.config.passes import EVALUATE, TRAIN, VALIDATE, filter_as_text, filters_of, has_holdout, input_field

D = "data_config"
BEST = ("export_config.exporter_type=best", "export_config.best_exporter_metric=auc_ctcvr")
SPLITS = (
    f"{D}.row_filter=[{{column: 'app' drop: 'x'}}, {{column: 'user' keep: 'train' use: TRAIN}},"
    " {column: 'user' keep: 'valid' use: VALIDATION}, {column: 'user' keep: 'test' use: EVALUATION}]"
)


def texts(data, name):
    return [filter_as_text(item) for item in filters_of(data, name)]


def test_a_filter_holds_for_the_passes_it_names(base):
    data = parse_text(base, "a", [SPLITS]).message.data_config
    assert texts(data, TRAIN) == ['app drop "x"', 'user keep "train"']
    assert texts(data, VALIDATE) == ['app drop "x"', 'user keep "valid"']
    assert texts(data, EVALUATE) == ['app drop "x"', 'user keep "test"']
    assert [input_field(data, name) for name in (TRAIN, VALIDATE, EVALUATE)] == [
        "train_input_path",
        "eval_input_path",
        "eval_input_path",
    ]
    assert not has_holdout(data)


@pytest.mark.parametrize("holdout", [[f"{D}.holdout_fraction=.1"], [f"{D}.holdout_by=hour", f"{D}.holdout_from=20"]])
def test_a_holdout_is_a_part_of_the_training(base, holdout):
    narrower = f"{D}.row_filter=[{{column: 'app' drop: 'x' use: TRAIN}}, {{column: 'hour' from: '3' use: VALIDATION}}]"
    data = parse_text(base, "a", [narrower, *holdout, *BEST]).message.data_config
    assert has_holdout(data)
    assert texts(data, VALIDATE) == ['app drop "x"', 'hour from "3"']
    assert [input_field(data, name) for name in (TRAIN, VALIDATE, EVALUATE)] == [
        "train_input_path",
        "train_input_path",
        "eval_input_path",
    ]


def test_a_filter_as_text_says_all_of_it(base):
    filters = (
        f"{D}.row_filter=[{{column: 'app' keep: ['b', 'a', 'b']}}, {{column: 'user' drop: 'say \"x\"'}},"
        " {column: 'age' from: '1.5' to: '2'}]"
    )
    data = parse_text(base, "a", [filters]).message.data_config
    assert texts(data, TRAIN) == ['app keep "a", "b"', 'user drop "say \\"x\\""', 'age from "1.5" to "2"']


@pytest.mark.parametrize(
    ("overrides", "part"),
    [
        ([f"{D}.row_filter={{column: 'hour' from: '5' to: '5'}}"], 'no value of "hour" passes the filters of training'),
        ([f"{D}.row_filter={{column: 'hour' from: 'noon'}}"], 'expected a value of type INT32, got "noon"'),
        ([f"{D}.row_filter={{column: 'user' to: 'z'}}"], "expected one with digits, such as 2026-11-01"),
        ([f"{D}.row_filter={{column: 'hour' from: '5' keep: '6'}}"], "got keep and from or to"),
        ([f"{D}.row_filter={{column: 'hour' to: '5' use: [TRAIN, TRAIN]}}"], "TRAIN"),
        (
            [f"{D}.row_filter=[{{column: 'user' keep: 'a'}}, {{column: 'user' keep: 'b' use: EVALUATION}}]"],
            'no value of "user" passes the filters of evaluate',
        ),
        (
            [
                SPLITS,
                f"{D}.holdout_fraction=.1",
                *BEST,
            ],
            'no value of "user" passes the filters of the choice of a checkpoint',
        ),
        ([f"{D}.holdout_by=user"], "needs holdout_fraction, a share of its values, or holdout_from"),
        ([f"{D}.holdout_by=usr", f"{D}.holdout_fraction=.1", *BEST], 'Did you mean "user"?'),
        ([f"{D}.holdout_by=age", f"{D}.holdout_fraction=.1", *BEST], "expected STRING, INT32 or INT64"),
        ([f"{D}.holdout_from=3", *BEST], "holdout_by is missing"),
        ([f"{D}.holdout_by=hour", f"{D}.holdout_from=x", *BEST], 'expected a value of type INT32, got "x"'),
        ([f"{D}.holdout_by=hour", f"{D}.holdout_from=3", f"{D}.holdout_fraction=.1", *BEST], "got both"),
    ],
)
def test_one_mistake_is_one_line(base, report, overrides, part):
    (line,) = report(base, overrides)
    assert part in line


@pytest.mark.parametrize("names", ["train.csv", "./train.csv", "t*.csv", "other.csv, train.csv"])
def test_measuring_what_was_trained_on_is_said(base, names):
    (warning,) = parse_text(base, "a", [f"eval_input_path={names}"]).warnings
    assert "evaluate reads " in warning
    assert "rows that were trained on" in warning
    assert parse_text(base, "a", [f"eval_input_path={names}", SPLITS]).warnings == []


@pytest.mark.parametrize(
    ("filters", "warnings"),
    [
        ("{column: 'hour' to: '20' use: TRAIN}, {column: 'hour' from: '20' use: EVALUATION}", 0),
        ("{column: 'hour' to: '21' use: TRAIN}, {column: 'hour' from: '20' use: EVALUATION}", 1),
        ("{column: 'user' drop: 'a' use: TRAIN}, {column: 'user' keep: 'a' use: EVALUATION}", 0),
        ("{column: 'user' keep: 'a' use: TRAIN}, {column: 'hour' keep: '1' use: EVALUATION}", 1),
        ("{column: 'hour' keep: '01' use: TRAIN}, {column: 'hour' keep: '1' use: EVALUATION}", 1),
    ],
)
def test_filters_part_two_passes_or_not(base, filters, warnings):
    overrides = ["eval_input_path=train.csv", f"{D}.row_filter=[{filters}]"]
    assert len(parse_text(base, "a", overrides).warnings) == warnings


@pytest.mark.parametrize(
    ("filters", "those"),
    [
        (
            "{column: 'hour' to: '21' use: TRAIN}, {column: 'hour' from: '9' use: EVALUATION}",
            'rows that were trained on, those of hour from: "9" to: "21". Part them by row_filter',
        ),
        (
            "{column: 'user' keep: ['a', 'd', 'c'] use: TRAIN}, {column: 'user' keep: ['d', 'c'] use: EVALUATION}, "
            "{column: 'hour' from: '3' use: TRAIN}, {column: 'hour' drop: '4' use: EVALUATION}",
            'trained on, those of hour from: "3"; user "c", "d". Part',
        ),
        (
            "{column: 'hour' keep: ['1', '2', '3', '4', '5', '6', '10'] use: [TRAIN, EVALUATION]}, "
            "{column: 'hour' from: '2' to: '99' use: TRAIN}",
            'those of hour "2", "3", "4", "5", "6" and 1 more. Part',
        ),
        # One of a single pass, or of all, is no overlap of dates.
        ("{column: 'hour' to: '21' use: TRAIN}, {column: 'age' from: '9'}", "trained on. Part"),
        ("{column: 'user' drop: 'a' use: TRAIN}, {column: 'user' drop: 'b' use: EVALUATION}", "trained on. Part"),
    ],
)
def test_the_rows_that_both_passes_read_are_said(base, filters, those):
    overrides = ["eval_input_path=train.csv", f"{D}.row_filter=[{filters}]"]
    (warning,) = parse_text(base, "a", overrides).warnings
    assert those in warning


def test_choosing_on_what_was_trained_on_is_said_too(base):
    filters = f"{D}.row_filter=[{{column: 'hour' to: '9' use: TRAIN}}, {{column: 'hour' from: '9' use: EVALUATION}}]"
    (warning,) = parse_text(base, "a", ["eval_input_path=train.csv", filters, *BEST]).warnings
    assert "the choice of a checkpoint reads" in warning
    with_holdout = [filters, *BEST, "eval_input_path=train.csv", f"{D}.holdout_by=user", f"{D}.holdout_fraction=.1"]
    assert parse_text(base, "a", with_holdout).warnings == []


@pytest.mark.parametrize("holdout", [["holdout_fraction=.1"], ["holdout_from=3", "holdout_by=hour"]])
def test_parameter_servers_leave_no_rows_out(base, report, holdout):
    overrides = [f"{D}.{item}" for item in holdout] + [*BEST, "train_config.train_distribute=PSStrategy"]
    assert any("cannot leave out rows" in line for line in report(base, overrides))
