"""One table as CSV, Parquet and TFRecord: what reaches the model is the same bits, or every format refuses it."""

import csv
import datetime
import decimal
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps_rec.data import RowStream
from apps_rec.data.schema import Column, Schema
from apps_rec.data.values.kinds import DATE, DECIMAL, INSTANT, OTHER, REAL, TEXT, TRUTH, WHOLE, is_list, kind_of
from apps_rec.errors import DataError

DEFAULTS = {"STRING": b"none", "INT32": -7, "INT64": -7, "FLOAT": -7.5, "DOUBLE": -7.5, "BOOL": True}
NUMBER_TEXTS = """0 1 -1 +1 007 3.0 3. 1e3 1.5E3 .5 1_0 0x1F nan NaN inf true False 1.0 0.0 2 4.99 2147483648 0.1
    9223372036854775807 9223372036854775808 9007199254740993 9007199254740993.0 1e15 1e400 3.5e38"""
TEXTS = st.one_of(
    st.sampled_from(["", " 5", "7\t", " ", *NUMBER_TEXTS.split()]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0\r\n"|'), max_size=6),
)
FLOATS = st.one_of(
    st.floats(width=64),
    st.integers(-(2**54), 2**54).map(float),
    st.sampled_from([0.0, -0.0, 1.0, 2.0, 4.99, 16777216.0, 2.0**53, 2.0**53 - 1, 1e15, math.nan, math.inf]),
)
WHOLE_TYPES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
TEXT_TYPES = [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()]
TIMES = [
    (pa.timestamp("s"), st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2100, 1, 1))),
    (pa.timestamp("us", "UTC"), st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2100, 1, 1))),
    (pa.time64("us"), st.times()),
    (pa.duration("ms"), st.timedeltas(datetime.timedelta(0), datetime.timedelta(9))),
]


def _whole(kind):
    info = np.iinfo(kind.to_pandas_dtype())
    near = [n for n in (0, 1, 2, 2**24 + 1, 2**31, 2**53 + 1, info.min, info.max) if info.min <= n <= info.max]
    return kind, st.one_of(st.integers(info.min, info.max), st.sampled_from(near))


def _floating(kind):
    return kind, FLOATS.map(lambda value: _as(value, kind))


def _as(value, kind):
    with np.errstate(over="ignore"):
        return float(kind.to_pandas_dtype()(value))


SINGLE = [
    *((kind, TEXTS) for kind in TEXT_TYPES[:3]),
    *((kind, TEXTS.map(str.encode)) for kind in TEXT_TYPES[3:]),
    *map(_whole, WHOLE_TYPES),
    *map(_floating, [pa.float16(), pa.float32(), pa.float64()]),
    *((kind(12, 2), st.decimals(-(10**9), 10**9, places=2)) for kind in (pa.decimal64, pa.decimal128, pa.decimal256)),
    (pa.decimal128(20, 0), st.integers(-(10**19), 10**19).map(decimal.Decimal)),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.dates()),
    *TIMES,
    (pa.null(), st.none()),
]


@st.composite
def columns(draw):
    """A column of some Arrow type, and how it is declared."""
    kind, values = draw(st.sampled_from(SINGLE))
    dtype = draw(st.sampled_from(list(DEFAULTS)))
    if draw(st.integers(0, 3)) or kind == pa.null():
        array = pa.array(draw(st.lists(st.none() | values, min_size=1, max_size=3)), kind)
        # Arrow has no dictionary of some; Parquet has none of durations, and writes their numbers.
        others = (pt.is_null, pt.is_float16, pt.is_duration, pt.is_string_view, pt.is_binary_view, pt.is_decimal64)
        if draw(st.booleans()) and not any(check(kind) for check in others):
            array = array.dictionary_encode()
        return array, Column("n", dtype, DEFAULTS[dtype], True)
    make = draw(st.sampled_from([pa.list_, pa.large_list, pa.list_view, pa.large_list_view]))
    array = pa.array(draw(st.lists(st.none() | st.lists(values, max_size=3), min_size=1, max_size=3)), make(kind))
    return array, Column("n", "STRING", b"none", True, "|", is_numbers=draw(st.booleans()))


def text_of(scalar):
    """A cell as a writer of text has it."""
    if not scalar.is_valid:
        return ""
    value = scalar.as_py()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, datetime.datetime):
        return str(value.replace(tzinfo=None))  # in UTC
    if isinstance(value, str | decimal.Decimal | datetime.date | datetime.time | datetime.timedelta):
        return str(value)
    if is_list(scalar.type):
        return "|".join(map(text_of, scalar.values))
    if pt.is_boolean(scalar.type):
        return str(value)
    return pa.array([value], scalar.type).cast(pa.string())[0].as_py()


def feature_of(scalar):
    """A cell as a writer of tf.Examples has it: floats of 32 bits as such, wider ones and what has no list as text."""
    cells = list(scalar.values) if is_list(scalar.type) and scalar.is_valid else [scalar]
    if not scalar.is_valid:
        return tf.train.Feature()
    kind = kind_of(scalar.type.value_type if is_list(scalar.type) else scalar.type)
    values = [cell.as_py() for cell in cells]
    if kind in (WHOLE, TRUTH) and all(value < 2**63 for value in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=map(int, values)))
    if pa.float32() in (scalar.type, getattr(scalar.type, "value_type", None)):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[text_of(cell).encode() for cell in cells]))


def write(folder, array):
    plain = array.dictionary_decode() if pt.is_dictionary(array.type) else array
    with open(folder / "t.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["k", "n"], *(["x", text_of(cell)] for cell in plain)])
    pq.write_table(pa.table({"k": ["x"] * len(array), "n": array}), folder / "t.parquet")
    with tf.io.TFRecordWriter(str(folder / "t.tfrecord")) as writer:
        for cell in plain:
            features = tf.train.Features(feature={"n": feature_of(cell)})
            writer.write(tf.train.Example(features=features).SerializeToString())


def read(folder, column):
    """What each format gives: values by their bits, or None where it refuses."""
    found = {}
    for name in ("csv", "parquet", "tfrecord"):
        schema = Schema((column,), input_type=name, with_header=name == "csv", declared=(Column("k"), column))
        try:
            batches = list(RowStream([str(folder / f"t.{name}")], schema, 64).batches())
        except DataError as error:
            found[name] = None if 'column "n"' in str(error) else str(error)
            continue
        values = np.concatenate([batch.columns["n"] for batch in batches])
        found[name] = values.tolist() if values.dtype == object else values.tobytes()
    return found


def only_text_can_say(array, column):
    """Whether a file of text cannot know what it holds: what is no single text, and floats narrower than 64 bits."""
    stored = array.type.value_type if pt.is_dictionary(array.type) or is_list(array.type) else array.type
    kind = kind_of(stored)
    if column.list_separator is not None and column.is_numbers:
        return kind not in (TEXT, WHOLE, REAL, DECIMAL)
    if column.list_separator is not None and kind in (DATE, INSTANT):
        return True
    if column.dtype == "STRING":
        return kind in (REAL, DECIMAL, TRUTH, OTHER)
    return column.dtype.startswith("INT") and kind == REAL and stored != pa.float64()


def check(folder, array, column):
    write(folder, array)
    found = read(folder, column)
    given = [value for value in found.values() if value is not None]
    if only_text_can_say(array, column):
        # TFRecord has no booleans, so that their numbers stand in it; nothing else becomes two things.
        assert found["parquet"] is None or found["parquet"] == found["csv"], found
        return
    if column.is_numbers and given:
        # Numbers of lists are text until the Preprocessor reads them.
        given = [[_numbers(cell) for cell in cells] for cells in given]
        assert len(given) == 3
    assert len(given) in (0, 3), found
    assert all(value == given[0] for value in given), found


def _numbers(cell):
    texts = cell.decode().split("|")
    try:
        return [np.float32(text).tobytes() for text in texts]
    except ValueError:
        return texts


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(columns())
def test_a_table_is_the_same_in_every_format(tmp_path_factory, drawn):
    check(tmp_path_factory.mktemp("formats"), *drawn)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(columns())
def test_two_thousand_tables_are_the_same_in_every_format(tmp_path_factory, drawn):
    check(tmp_path_factory.mktemp("formats"), *drawn)


@pytest.mark.parametrize(
    "kind", [pa.string_view(), pa.binary_view(), pa.list_view(pa.int64()), pa.large_list_view(pa.string_view())]
)
def test_rows_of_views_can_be_dropped(tmp_path, kind):
    values = [[[1, 2], [3], None], [["a"], ["b", "c"], None], [b"a", b"b", None], ["a", "b", None]]
    cells = values[0 if "int" in str(kind) else 1 if is_list(kind) else 2 if "binary" in str(kind) else 3]
    pq.write_table(pa.table({"n": pa.array(cells, kind), "y": [1, 2, 0]}), tmp_path / "t.parquet")
    column = Column("n", "STRING", b"none", True, "|" if is_list(kind) else None)
    schema = Schema((column,), ("y",), bad_rows="SKIP", input_type="parquet", declared=(column,))
    batch = next(iter(RowStream([str(tmp_path / "t.parquet")], schema, 8, keep=["n"]).batches()))
    assert batch.columns["n"].tolist() == [b"1|2" if "int" in str(kind) else b"a", b"none"]
    assert batch.kept.column("n").to_pylist() == [cells[0], cells[2]]
