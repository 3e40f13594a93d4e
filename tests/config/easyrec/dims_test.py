"""Columns of several numbers, and numbers that are hashed by their digits."""

import pytest

from apps_rec.config import parse_text
from apps_rec.features import build_features
from apps_rec.features.specs import HashIds, IdFeature, NumberFeature
from apps_rec.protos.data_pb2 import DataConfig

AGE = 'input_names: "age" feature_type: RawFeature embedding_dim: 8'
COLUMN = 'input_fields { input_name: "age" input_type: FLOAT }'


def column(text):
    return f'input_fields {{ input_name: "age" input_type: {text} }}'


@pytest.mark.parametrize("dims", ["input_dim: 3", "input_shape: 3", "input_dim: 3 input_shape: 3"])
def test_a_column_of_several_numbers_is_text(change, dims):
    config = parse_text(change((COLUMN, column(f"FLOAT {dims}")), (AGE, f"{AGE} raw_input_dim: 3")))
    (age,) = (one for one in config.message.data_config.input_fields if one.input_name == "age")
    assert age.input_type == DataConfig.STRING
    assert not any(age.HasField(name) for name in ("input_dim", "input_shape"))
    (note,) = config.notes
    assert note.endswith("input_type: noted: a column of several numbers is read as STRING")
    assert next(spec for spec in build_features(config.message) if spec.name == "age") == NumberFeature(
        "age", "age", 8, size=3
    )
    assert parse_text(config.to_text()).message == config.message


def test_one_number_is_noted(change):
    config = parse_text(change((COLUMN, column("FLOAT input_dim: 1"))))
    (note,) = config.notes
    assert note.endswith("input_dim: noted: a cell holds one value")


@pytest.mark.parametrize(
    ("dims", "says"),
    [
        ("input_dim: 4", 'raw_input_dim: expected 4, the numbers in a cell of "age" (line 14), got 3.'),
        ("input_dim: 3 input_shape: 4", "input_shape: expected the same as input_dim, 3, got 4."),
    ],
)
def test_both_places_agree(change, report, dims, says):
    (line,) = report(change((COLUMN, column(f"FLOAT {dims}")), (AGE, f"{AGE} raw_input_dim: 3")))
    assert line.endswith(says)


HASHED = 'input_names: "age" embedding_dim: 8 hash_bucket_size: 50'


@pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE"])
def test_a_number_is_hashed_by_its_digits(change, kind):
    config = parse_text(change((COLUMN, column(kind)), (AGE, f"{HASHED} precision: 2")))
    found = next(spec for spec in build_features(config.message) if spec.name == "age")
    assert found == IdFeature("age", "age", HashIds(50), "age", 8, precision=2)


@pytest.mark.parametrize(
    ("feature", "says"),
    [
        (HASHED, "or give precision, the number of digits behind the point that are hashed."),
        (f"{HASHED} precision: -1", "or give precision, the number of digits behind the point that are hashed."),
        (f"{HASHED} precision: 0", "precision: expected a number in [1, 15], got 0."),
        (f"{HASHED} precision: 16", "precision: expected a number in [1, 15], got 16."),
        (f'{HASHED.partition("hash")[0]} vocab_list: "1.5" precision: 1', "cut numbers at boundaries of a RawFeature."),
    ],
)
def test_numbers_are_no_ids_without_it(change, report, feature, says):
    (line,) = report(change((AGE, feature)))
    assert line.endswith(says)
