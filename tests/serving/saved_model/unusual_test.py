"""Records that one plain parser cannot read are told by their bytes, whatever the lengths in them."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data import Column
from apps_rec.serving.saved_model.unusual import unusual_patterns

LONG = "n" * 200  # whose length takes two bytes
COLUMNS = (
    Column("word"),
    Column("id", "INT64", 0),
    Column("user_id"),
    Column("price.value", "FLOAT", 0.0),
    Column("价格", "BOOL", False, column_name="名 称"),
    Column("tags", list_separator="|"),
    Column(LONG, "INT64", 0),
)
USUAL = dict.fromkeys(("word", "user_id", "tags"), "bytes_list")
USUAL |= {"id": "int64_list", "price.value": "float_list", "名 称": "int64_list", LONG: "int64_list"}


def record(**features):
    lists = {
        name: tf.train.Feature(
            **{
                kind: {"bytes_list": tf.train.BytesList, "float_list": tf.train.FloatList}.get(
                    kind, tf.train.Int64List
                )(value=values)
            }
        )
        for name, (kind, values) in features.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=lists)).SerializeToString()


def are_unusual(records, columns=COLUMNS):
    found = [tf.strings.regex_full_match(records, pattern).numpy() for pattern in unusual_patterns(columns)]
    return np.any(found, axis=0)


def test_usual_records_are_never_taken_for_others():
    draw = np.random.default_rng(3)
    lengths = [*range(0, 160), 1279, 1280, 1300, 1407, 1408, 16380, 16383, 20000]
    records = [record(unknown=("float_list", [1.5]))]
    for length in lengths:
        text = bytes(draw.integers(32, 256, length, dtype=np.uint8))
        records.append(record(word=("bytes_list", [text]), user_id=("bytes_list", [text])))
        records.append(record(tags=("bytes_list", [text, text])))
        records.append(record(tags=("bytes_list", [text] * 3 + [b""])))
    for bits in range(64):
        number = int(draw.integers(1 << bits, 2 << bits, dtype=np.uint64)) - 2**63
        records.append(
            record(
                id=("int64_list", [number]),
                **{"名 称": ("int64_list", [abs(number) >> (bits % 60)]), LONG: ("int64_list", [number])},
                **{"price.value": ("float_list", [float(number)])},
            )
        )
    assert not are_unusual(records).any()


@pytest.mark.parametrize("name", USUAL)
@pytest.mark.parametrize("kind", ["bytes_list", "float_list", "int64_list"])
def test_other_kinds_and_empty_lists_are_found(name, kind):
    lists = {
        "bytes_list": [[b"7"], [b""]],
        "float_list": [[0.5], [float("nan")]],
        "int64_list": [[0], [-1], [2**63 - 1]],
    }
    records = [record(**{name: (kind, values)}, other=("bytes_list", [b"x" * 300])) for values in lists[kind]]
    assert (are_unusual(records) == (USUAL[name] != kind)).all()
    nothing = tf.train.Feature()
    empty = tf.train.Example(features=tf.train.Features(feature={name: nothing}))
    assert are_unusual([record(**{name: (kind, [])}), empty.SerializeToString()]).all()


def test_lists_of_numbers_of_any_length_are_found():
    counts = [*range(1, 700), 1500, 4096, 5000, 600_000]
    records = [record(tags=("float_list", np.linspace(-1, 1, count))) for count in counts]
    records += [record(tags=("int64_list", np.arange(count))) for count in counts[:-1]]
    missed = np.flatnonzero(~are_unusual(records))
    assert len(missed) == 0, missed


@pytest.mark.parametrize("name", ["id", "price.value"])
def test_numbers_in_text_of_any_length_are_found(name):
    records = [record(**{name: ("bytes_list", [b"7".rjust(length)])}) for length in range(1, 5000)]
    assert are_unusual(records).all()


def test_many_columns_are_looked_for_by_several_patterns():
    columns = [Column(f"column_{place:04}", "INT64", 0) for place in range(400)]
    patterns = unusual_patterns(columns)
    assert 2 <= len(patterns) <= 5
    usual = {column.name: ("int64_list", [5]) for column in columns}
    records = [record(**{**usual, column.name: ("bytes_list", [b"5"])}) for column in columns]
    assert are_unusual(records, columns).all()
    assert not are_unusual([record(**usual)], columns).any()
