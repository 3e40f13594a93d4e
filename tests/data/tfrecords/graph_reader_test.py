import gzip
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
import tensorflow as tf

from apps_rec.data import RowStream, build_schema
from apps_rec.data.pipeline.dataset import Positions, reraise
from apps_rec.data.schema import Column, ColumnHoldout, LabelRule, RowFilter, Schema
from apps_rec.data.tfrecords.graph_reader import check_graph_readable, count_rows, graph_columns
from apps_rec.errors import ConfigError, DataError


def example(columns, empty=()):
    """A record; columns of `empty` are there without a value, in the kind of the value given."""
    kinds = {int: ("int64_list", tf.train.Int64List), float: ("float_list", tf.train.FloatList)}
    features = {}
    for name, values in columns.items():
        kind, message = kinds.get(type(values[0]), ("bytes_list", tf.train.BytesList))
        values = [] if name in empty else values
        features[name] = tf.train.Feature(**{kind: message(value=values)})
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def write_records(path, rows):
    with tf.io.TFRecordWriter(str(path), "GZIP" if path.suffix == ".gz" else "") as writer:
        for row in rows:
            writer.write(row if isinstance(row, bytes) else example(row))
    return str(path)


def streamed(schema, files):
    batches = list(RowStream(files, schema, 64).batches())
    return {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}


def read(schema, path, skip=0, take=-1, batch_size=50, layout=None):
    batches = list(graph_columns(schema, path, skip, take, batch_size, layout).as_numpy_iterator())
    return {name: np.concatenate([batch[name] for batch in batches]) for name in schema.dtypes()}, batches


def same(left, right, rows=slice(None)):
    assert sorted(left) == sorted(right)
    for name in left:
        assert left[name].dtype == right[name].dtype, name
        # Bytes of numbers, so that -0.0 is not 0.0.
        assert left[name].tolist() == right[name][rows].tolist(), name
        if left[name].dtype != object:
            assert left[name].tobytes() == right[name][rows].tobytes(), name


@pytest.fixture
def schema(tiny):
    message = tiny.load().message
    del message.data_config.row_filter[:]
    return build_schema(message, "train")


def zipped(path):
    target = path.with_name(path.name + ".gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return str(target)


# ---- what it reads


def test_csv_equals_the_stream(tiny, schema):
    for path in ("train.csv", zipped(tiny.folder / "train.csv")):
        got, batches = read(schema, path)
        same(got, streamed(schema, [path]))
        assert [len(batch["click"]) for batch in batches] == [50] * 12 + [40]
        assert count_rows(path, schema) == 640
    assert (got["user"] == b"nobody").sum() > 20  # a default, in place of an empty cell
    assert (got["price"] == np.float32(0.5)).sum() > 20


def test_a_run_of_rows(tiny, schema):
    got, _ = read(schema, "train.csv", 100, 7)
    same(got, streamed(schema, ["train.csv"]), slice(100, 107))


def test_path_and_run_as_tensors_in_a_function(tiny, schema):
    paths = ["train.csv", zipped(tiny.folder / "eval.csv")]
    layout = check_graph_readable(schema, paths)

    @tf.function
    def rows_and_apps(path, skip, take):
        rows, total = tf.constant(0), tf.constant(0, tf.int64)
        for columns in graph_columns(schema, path, skip, take, 16, layout):
            rows += tf.size(columns["app"])
            total += tf.reduce_sum(columns["app"])
        return rows, total

    for path in paths:
        whole = streamed(schema, [path])["app"]
        last = len(whole) - 1
        for skip, take in ((40, 90), (0, 100), (last - 9, 100), (last, -1)):
            rows, total = rows_and_apps(tf.constant(path), tf.constant(skip), tf.constant(take))
            wanted = whole[skip : None if take < 0 else skip + take]
            assert (rows.numpy(), total.numpy()) == (len(wanted), wanted.sum())


def test_no_python_runs(tiny, schema):
    dataset = graph_columns(schema, "train.csv", 0, -1, 16)
    graph = tf.compat.v1.GraphDef.FromString(dataset._as_serialized_graph().numpy())
    ops = {node.op for nodes in (graph.node, *(f.node_def for f in graph.library.function)) for node in nodes}
    assert "TextLineDataset" in ops
    assert not {op for op in ops if "Py" in op or "Generator" in op}


def test_cells_of_csv_that_need_a_second_look(tmp_path):
    columns = (
        Column("text", "STRING", b"none", True),
        Column("count", "INT32", 7, True),
        Column("big", "INT64", 0),
        Column("real", "DOUBLE", 0.1, True),
        Column("flag", "BOOL", True, True),
    )
    declared = (*columns, Column("y", "INT32", 0), Column("w", "FLOAT", 2.0, True))
    schema = Schema(columns, ("y",), ("w",), separator=";", with_header=True, declared=declared)
    (tmp_path / "a.csv").write_text(
        "unused;flag;y;real;big;count;text;w\r\n"
        'x;;1;0.30000000000000004;9007199254740993;3.0;"a;""b""";\r\n'
        "\r\n"
        "x; True;0;nan;-1;;;0.1\r\n"
        "x;0;0.0;1e-300;0;-2147483648;é;3",
        encoding="utf-8",
    )
    got, _ = read(schema, str(tmp_path / "a.csv"))
    same(got, streamed(schema, [str(tmp_path / "a.csv")]))
    assert got["text"].tolist() == [b'a;"b"', b"none", "é".encode()]
    assert (got["count"].tolist(), got["big"].tolist()) == ([3, 7, -(2**31)], [2**53 + 1, -1, 0])
    assert (got["real"].tolist(), got["flag"].tolist()) == ([0.1 + 0.2, 0.1, 1e-300], [True, True, False])
    assert got["w"].tolist() == [2.0, np.float32(0.1), 3.0]
    assert count_rows(str(tmp_path / "a.csv"), schema) == 3


def test_csv_as_others_write_it(tmp_path):
    columns = (
        Column("text", "STRING", b"none", True),
        Column("count", "INT32", 7, True),
        Column("real", "DOUBLE", 0.5, True),
        Column("list", "STRING", b"", list_separator="|"),
    )
    schema = Schema(
        columns,
        ("y",),
        separator=";",
        with_header=True,
        declared=(*columns, Column("y", "INT32", 0)),
        quoting="NONE",
        decimal_separator=",",
        null_words=("NULL", "\\N"),
    )
    path = tmp_path / "a.csv"
    header = "text;count;real;list;y\n"
    path.write_text(f'{header}"a";NULL;4,99;1,5|2,5;1\n\\N;3;NULL;\\N;0\nNULLS;-1;-1e3;a|"b;1\n', encoding="utf-8")
    got, _ = read(schema, str(path))
    same(got, streamed(schema, [str(path)]))
    assert got["text"].tolist() == [b'"a"', b"none", b"NULLS"]
    assert (got["count"].tolist(), got["real"].tolist()) == ([7, 3, -1], [4.99, 0.5, -1000.0])
    assert got["list"].tolist() == [b"1,5|2,5", b"", b'a|"b']
    path.write_text(f"{header}a;1;4.99;;1\n", encoding="utf-8")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"real.*a number with a decimal comma and without points"):
        read(schema, str(path))


def test_every_kind_of_value_of_tfrecord(tmp_path):
    columns = (
        Column("int_as_int", "INT64", 5, True),
        Column("int_as_text", "INT32", 5, True),
        Column("bool_as_int", "BOOL", True, True),
        Column("bool_as_text", "BOOL", False),
        Column("text", "STRING", b"none", True),
        Column("text_as_int", "STRING", b"none", True),
        Column("float", "FLOAT", 0.1, True),
        Column("float_as_int", "FLOAT", 0.5, True),
        Column("float_as_text", "FLOAT", 0.5, True),
        Column("double", "DOUBLE", 0.1, True),
        Column("double_as_float", "DOUBLE", 0.1, True),
        Column("list", "STRING", b"a|b", True, "|"),
        Column("list_of_ints", "STRING", b"", False, ";"),
        Column("int_as_float", "INT64", 5, True),
        Column("bool_as_float", "BOOL", True, True),
    )
    numbers = (
        Column("y", "INT32", 0),
        Column("z", "BOOL", False),
        Column("v", "FLOAT"),
        Column("w", "FLOAT", 2.0, True),
    )
    schema = Schema(columns, ("y", "z"), ("v", "w"), input_type="tfrecord", declared=(*columns, *numbers))
    cells = {
        "int_as_int": [2**60 + 1],
        "int_as_text": [b"12.0"],
        "bool_as_int": [0],
        "bool_as_text": [b"TRUE"],
        "text": [b""],
        "text_as_int": [-3],
        "float": [0.2],
        "float_as_int": [16777217],
        "float_as_text": [b"0.1"],
        "double": [b"0.30000000000000004"],
        "double_as_float": [0.3],
        "list": [b"x", b"", b"y"],
        "list_of_ints": [1, 20],
        "int_as_float": [float(2**24 - 1)],
        "bool_as_float": [0.0],
        "w": [3.5],
    }
    rest = {"y": [1], "z": [1], "v": [4]}
    # Each cell once alone among absent ones, once as an empty list, and all of them.
    rows = [rest | {name: values} for name, values in cells.items()]
    rows += [example(rest | cells, empty=[name]) for name in cells] + [rest | cells, rest | {"z": [0], "y": [0]}]
    path = write_records(tmp_path / "a.tfrecord", rows)
    got, _ = read(schema, path, batch_size=3)
    same(got, streamed(schema, [path]))
    assert count_rows(path, schema) == len(rows) == 34
    assert [got[name][-2] for name in ("list", "list_of_ints", "double")] == [b"x||y", b"1;20", 0.1 + 0.2]
    assert [got[name][-1] for name in ("list", "list_of_ints", "double", "w")] == [b"a|b", b"", 0.1, 2.0]


def test_tfrecord_in_gzip(tmp_path):
    schema = Schema((Column("n", "INT64", 0),), input_type="tfrecord")
    path = write_records(tmp_path / "a.tfrecord.gz", [{"n": [i]} for i in range(70)])
    got, _ = read(schema, path)
    same(got, streamed(schema, [path]))
    assert count_rows(path, schema) == len(got["n"]) == 70


# ---- what stops it while it reads

COLUMNS = (Column("n", "INT32", 0), Column("flag", "BOOL", False))
NUMBERS = (Column("y", "INT32", 0), Column("z", "INT32", 0), Column("w", "FLOAT", 0.0))
OF_NUMBERS = Schema(
    COLUMNS, ("y", "z"), ("w",), label_steps=("y", "z"), with_header=True, declared=(*COLUMNS, *NUMBERS)
)
RIGHT = {"n": b"1", "flag": b"1", "y": b"1", "z": b"1", "w": b"0.5"}


def write_text(path, rows):
    pyarrow.csv.write_csv(pa.Table.from_pylist([{k: v.decode() for k, v in row.items()} for row in rows]), path)


@pytest.fixture(scope="module")
def read_to_the_end(tmp_path_factory):
    """Return what reads all rows of a path with OF_NUMBERS, by one graph for all paths."""
    first = str(tmp_path_factory.mktemp("right") / "a.csv")
    write_text(first, [RIGHT] * 11)
    layout = check_graph_readable(OF_NUMBERS, [first])

    @tf.function(input_signature=[tf.TensorSpec([], tf.string)])
    def rows(path):
        columns = graph_columns(OF_NUMBERS, path, 0, -1, 50, layout)
        return columns.reduce(0, lambda count, batch: count + tf.size(batch["n"]))

    assert rows(tf.constant(first)).numpy() == 11
    return lambda path: rows(tf.constant(path))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": b"2"}, 'Column "y": expected the label 0 or 1, got 2'),
        ({"y": b""}, 'Column "y": expected the label 0 or 1, got nan'),
        ({"w": b"-1"}, 'Column "w": expected a sample weight >= 0, got -1'),
        ({"w": b""}, 'Column "w": expected a sample weight >= 0, got nan'),
        ({"w": b"inf"}, 'Column "w": expected a finite number'),
        ({"y": b"0", "z": b"1"}, 'Column "z": expected 0 where y is 0 (the step before it), got 1'),
        ({"flag": b"maybe"}, 'Column "flag": expected true, false, 1 or 0 (BOOL), got maybe'),
        ({"n": b"2.5"}, 'Column "n": expected a whole number of 32 bits (INT32), got 2.5'),
        ({"n": b"2147483648"}, 'Column "n": expected a whole number of 32 bits (INT32), got 2147483648'),
    ],
)
def test_a_wrong_cell_stops_and_names_its_column(tmp_path, read_to_the_end, changed, message):
    path = str(tmp_path / "a.csv")
    write_text(path, [RIGHT] * 5 + [RIGHT | changed] + [RIGHT] * 5)
    with pytest.raises(DataError):
        streamed(OF_NUMBERS, [path])
    with pytest.raises(DataError) as caught, reraise(Positions(files=[path])):
        read_to_the_end(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_several_values_and_other_kinds_stop(tmp_path):
    schema = Schema((Column("n", "INT64", 0),), input_type="tfrecord")
    path = write_records(tmp_path / "a.tfrecord", [{"n": [1]}] * 70 + [{"n": [1, 2]}])
    with pytest.raises(DataError, match=r'Column "n": expected 1 value \(INT64\), got 2'), reraise(Positions()):
        read(schema, path)
    path = write_records(tmp_path / "b.tfrecord", [{"n": [1]}] * 70 + [{"n": [b"2"]}])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Key: n"):
        read(schema, path)


def test_a_row_with_too_many_or_too_few_cells_stops(tmp_path):
    schema = Schema((Column("a"),), with_header=True)
    for row in ("1,2,3", "1"):
        (tmp_path / "a.csv").write_text(f"a,b\n1,2\n{row}\n")
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expect 2 fields"):
            read(schema, str(tmp_path / "a.csv"))


# ---- what is refused beforehand


def refused(error, schema, files, **kwargs):
    with pytest.raises(error) as caught:
        check_graph_readable(schema, [str(path) for path in files], **kwargs)
    return str(caught.value)


def test_options_that_need_python(tiny, schema):
    from dataclasses import replace

    text = refused(ConfigError, replace(schema, input_type="parquet"), ["train.csv"])
    assert "data_config.input_type: ParquetInput" in text
    assert "apps-rec convert" in text
    text = refused(ConfigError, build_schema(tiny.load().message, "train"), ["train.csv"])
    assert "data_config.row_filter" in text
    assert "apps-rec convert" in text
    text = refused(ConfigError, replace(schema, bad_rows="SKIP"), ["train.csv"])
    assert "data_config.bad_rows" in text
    assert "apps-rec convert" in text
    assert "data_config.escape_char" in refused(ConfigError, replace(schema, escape_char="\\"), ["train.csv"])
    assert "data_config.holdout_fraction" in refused(ConfigError, schema, ["train.csv"], holdout_fraction=0.1)
    by_user = replace(schema, holdout=ColumnHoldout(Column("user")))
    assert "data_config.holdout_by" in refused(ConfigError, by_user, ["train.csv"])
    assert ".bz2" in refused(DataError, schema, ["train.csv.bz2"])


def test_headers_that_differ(tmp_path):
    schema = Schema((Column("a"), Column("b")), with_header=True)
    for name, header in (("1", "a,b,c"), ("2", "b,a,c"), ("3", "a,c"), ("4", '"a","b","c\nd"'), ("5", "")):
        (tmp_path / name).write_text(f"{header}\n")
    assert check_graph_readable(schema, [str(tmp_path / "1")] * 2).header == ("a", "b", "c")
    assert "in the same order" in refused(DataError, schema, [tmp_path / "1", tmp_path / "2"])
    assert 'no column "b"' in refused(DataError, schema, [tmp_path / "3"])
    assert "without line breaks" in refused(DataError, schema, [tmp_path / "4"])
    assert "is empty" in refused(DataError, schema, [tmp_path / "5"])
    bare = Schema((Column("a"),), declared=(Column("a"),))
    (tmp_path / "6").write_text("\ufeff1\n", encoding="utf-8")
    assert "byte order mark" in refused(DataError, bare, [tmp_path / "6"])


def test_kinds_that_differ_or_cannot_be_read(tmp_path, caplog):
    schema = Schema((Column("n", "INT64", 0), Column("m", "FLOAT", 0.0)), input_type="tfrecord")
    ints = write_records(tmp_path / "a", [{"m": [1]}, {"n": [1], "m": [1]}])
    texts = write_records(tmp_path / "b", [{"n": [b"1"]}])
    floats = write_records(tmp_path / "c", [{"n": [1.0]}])
    assert check_graph_readable(schema, [ints]).kinds == {"n": "int64_list", "m": "int64_list"}
    assert f'column "n": expected a int64_list as in {ints}, got a bytes_list' in refused(
        DataError, schema, [ints, texts]
    )
    text = refused(DataError, Schema((Column("n"),), input_type="tfrecord"), [floats])
    assert 'column "n": expected a bytes_list or a int64_list for STRING, got a float_list' in text
    assert "apps-rec convert" in text
    assert check_graph_readable(schema, [floats]).kinds["n"] == "float_list"
    weights = Column("n", list_separator="|", is_numbers=True)
    assert check_graph_readable(Schema((weights,), input_type="tfrecord"), [floats]).kinds["n"] == "float_list"
    with caplog.at_level("WARNING", "apps_rec.data"):
        assert check_graph_readable(schema, [texts]).kinds == {"n": "bytes_list", "m": "float_list"}
    assert 'hold column "m"' in caplog.text


def test_filters_are_taken_where_the_files_have_them_behind_them(tmp_path):
    path = write_records(tmp_path / "part-00000-of-00001.tfrecord", [{"n": [1], "y": [0]}] * 3)
    wanted = RowFilter(Column("n", "INT64", 0), (1, 2), keep=True)
    schema = Schema((), ("y",), filters=(wanted,), bad_rows="SKIP", input_type="tfrecord")

    right = (tmp_path / "part-00000-of-00001.tfrecord").stat().st_size

    def manifest(size=right, text="keep n (INT64): ['1', '2']"):
        files = [{"name": "part-00000-of-00001.tfrecord", "rows": 3, "size": size}]
        content = {"version": 1, "files": files, "columns": {}, "filters": [text], "sources": [], "config": ""}
        (tmp_path / "manifest.json").write_text(json.dumps(content | {"rows_read": 9}))

    assert "row_filter" in refused(ConfigError, schema, [path])
    manifest()
    assert check_graph_readable(schema, [path]).kinds == {"y": "int64_list"}
    manifest(text="keep n (INT64): ['1']")
    assert "row_filter" in refused(ConfigError, schema, [path])
    manifest(size=7)
    assert "row_filter" in refused(ConfigError, schema, [path])
    (tmp_path / "manifest.json").write_text("{}")
    assert "expected what apps-rec convert writes" in refused(DataError, schema, [path])


def test_a_tensor_as_path_needs_a_layout(schema):
    with pytest.raises(ValueError, match="layout"):
        graph_columns(schema, tf.constant("train.csv"), 0, -1, 4)


# ---- labels that are not always there


def test_labels_are_settled_as_the_stream_settles_them(tmp_path):
    rules = {
        "a": LabelRule((None,)),
        "b": LabelRule((), ("a",)),
        "c": LabelRule((-9.0,), ("b",)),
    }
    declared = tuple(Column(name, "INT32", 0) for name in "abc")
    schema = Schema((), labels=("c", "b", "a"), declared=declared, with_header=True, label_rules=rules)
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n,,\n0,-1,-9\n1,1,-9\n1,0,-1\n1,1,1\n0,1,0\n", encoding="utf-8")
    got, _ = read(schema, str(path))
    assert {name: values.tolist() for name, values in got.items()} == {
        "a": [-1, 0, 1, 1, 1, 0],
        "b": [0, 0, 1, 0, 1, 1],
        "c": [0, -1, -1, 0, 1, 0],
    }
    same(got, streamed(schema, [str(path)]))
    for row in ("1,,0", "1,-1,0", "1,1,-1", "1,1,"):
        path.write_text(f"a,b,c\n{row}\n", encoding="utf-8")
        with pytest.raises(tf.errors.InvalidArgumentError, match="expected the label 0 or 1"):
            read(schema, str(path))
