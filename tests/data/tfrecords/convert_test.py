import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.data import RowStream, build_schema, open_stream
from apps_rec.data.schema import Column, LabelRule, RowFilter, Schema
from apps_rec.data.tfrecords import convert as writer
from apps_rec.data.tfrecords.convert import conversion_schema, convert_files
from apps_rec.data.tfrecords.graph_reader import check_graph_readable, count_rows, graph_columns
from apps_rec.errors import DataError, RunError

# Values whose bits are easily lost.
FLOATS = [0.1, -0.0, 1e-45, 3.4e38, None]
DOUBLES = [0.1 + 0.2, -0.0, 5e-324, 1.7976931348623157e308, None]
INTS = [2**63 - 1, -(2**63), 0, 2**53 + 1, None]
TEXTS = ["", "ä|x", 'a"b,c', "x" * 300, None]
LISTS = [["a", "b"], ["", ""], ["é"], ["x"] * 200, None]
COLUMNS = (
    Column("big", "INT64", -1, True),
    Column("small", "INT32", 3, True),
    Column("float", "FLOAT", 0.7, True),
    Column("double", "DOUBLE", 0.7, True),
    Column("flag", "BOOL", True, True),
    Column("text", "STRING", b"none", True),
    Column("list", "STRING", b"p|q", True, "|"),
)
DECLARED = (
    *COLUMNS,
    Column("y", "INT32", 0),
    Column("z", "BOOL", False),
    Column("v", "DOUBLE", 0.0),
    Column("w", "INT32", 2, True),
    Column("place", "INT32", 0),
)


def table(rows):
    def cycle(values, step):
        return [values[i // step % len(values)] for i in range(rows)]

    return pa.table(
        {
            "big": pa.array(cycle(INTS, 1), pa.int64()),
            "small": pa.array(cycle([1, -(2**31), None], 1), pa.int32()),
            "float": pa.array(cycle(FLOATS, 2), pa.float32()),
            "double": pa.array(cycle(DOUBLES, 3), pa.float64()),
            "flag": cycle([True, False, None], 2),
            "text": cycle(TEXTS, 1),
            "list": pa.array(cycle(LISTS, 2), pa.list_(pa.string())),
            "y": cycle([0, 1], 3),
            "z": cycle([True, False], 1),
            "v": cycle([0.1, 2.5], 2),
            "w": pa.array(cycle([1, None, 7], 1), pa.int32()),
            "place": list(range(rows)),
        }
    )


def schema(kind, **kwargs):
    options = {"labels": ("y", "z"), "weights": ("v", "w"), "with_header": True, "declared": DECLARED} | kwargs
    return Schema(COLUMNS, input_type=kind, **options)


def write(path, rows):
    """A source of each format; a CSV file has no lists."""
    if path.suffix == ".parquet":
        pq.write_table(rows, path, row_group_size=70)
    elif path.suffix == ".csv":
        lists = ["" if cells is None else "|".join(cells) for cells in rows["list"].to_pylist()]
        pyarrow.csv.write_csv(rows.set_column(rows.column_names.index("list"), "list", pa.array(lists)), path)
    else:
        with tf.io.TFRecordWriter(str(path)) as records:
            for row in rows.to_pylist():
                records.write(example(row))
    return str(path)


def example(row):
    features = {}
    for name, value in row.items():
        values = [] if value is None else value if isinstance(value, list) else [value]
        if name in ("text", "list"):
            feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode() for text in values]))
        elif name in ("float", "double", "v"):
            feature = tf.train.Feature(float_list=tf.train.FloatList(value=values))
        else:
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(number) for number in values]))
        if value is not None:
            features[name] = feature
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def streamed(files, wanted):
    batches = list(RowStream(files, wanted, 100).batches())
    return {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}


def same(left, right):
    assert list(left) == list(right)
    for name in left:
        assert left[name].dtype == right[name].dtype, name
        if left[name].dtype == object:
            assert left[name].tolist() == right[name].tolist(), name
        else:
            assert left[name].tobytes() == right[name].tobytes(), name


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["parquet", "csv", "tfrecord"])
def test_the_converted_rows_equal_the_source(tmp_path, kind):
    rows = table(500)
    if kind == "tfrecord":  # floats of 32 bits alone: 1.7e308 is none
        rows = rows.set_column(3, "double", rows["float"].cast(pa.float64()))
    files = [write(tmp_path / f"{name}.{kind}", part) for name, part in (("a", rows[:180]), ("b", rows[180:]))]
    made = convert_files(files, schema(kind), str(tmp_path / "out" / "made"), shards=3)
    assert (made.rows, made.files, made.summary) == (500, 3, "500 rows read")
    assert names(tmp_path / "out") == ["made"]
    parts = [f"part-0000{number}-of-00003.tfrecord" for number in range(3)]
    assert names(made.folder) == ["manifest.json", *parts]

    paths = [str(made.folder / name) for name in parts]
    source = streamed(files, schema(kind))
    same(streamed(paths, schema("tfrecord")), source)
    layout = check_graph_readable(schema("tfrecord"), paths)
    # One graph for all paths.
    dataset = tf.data.Dataset.from_tensor_slices(paths)
    dataset = dataset.flat_map(lambda path: graph_columns(schema("tfrecord"), path, 0, -1, 64, layout))
    batches = list(dataset.as_numpy_iterator())
    same({name: np.concatenate([batch[name] for batch in batches]) for name in source}, source)

    # Not from the manifest alone.
    assert [sum(1 for _ in tf.data.TFRecordDataset(path)) for path in paths] == [167, 167, 166]
    assert [count_rows(path, schema("tfrecord")) for path in paths] == [167, 167, 166]


def test_a_record_is_what_protobuf_would_write(tmp_path):
    source = write(tmp_path / "a.parquet", table(30))
    made = convert_files([source], schema("parquet"), str(tmp_path / "made"))
    (path,) = made.folder.glob("*.tfrecord")
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        parsed = tf.train.Example.FromString(record)
        assert len(parsed.features.feature) == 11
        assert len(record) == parsed.ByteSize()
        again = tf.train.Example.FromString(parsed.SerializeToString())
        assert again == parsed
    kinds = {name: feature.WhichOneof("kind") for name, feature in parsed.features.feature.items()}
    assert kinds == {
        "big": "int64_list",
        "small": "int64_list",
        "float": "float_list",
        "double": "bytes_list",
        "flag": "int64_list",
        "text": "bytes_list",
        "list": "bytes_list",
        "y": "int64_list",
        "z": "int64_list",
        "v": "float_list",
        "w": "float_list",
    }
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert {name: column["kind"] for name, column in manifest["columns"].items()} == kinds
    assert manifest["columns"]["list"] == {"type": "STRING", "kind": "bytes_list", "separator": "|"}
    assert manifest["sources"] == [source]
    assert manifest["files"] == [{"name": path.name, "rows": 30, "size": path.stat().st_size}]


@pytest.mark.parametrize(("rows_per_file", "sizes"), [(200, [200, 200, 100]), (500, [500]), (9999, [500])])
def test_rows_per_file(tmp_path, rows_per_file, sizes):
    source = write(tmp_path / "a.csv", table(500))
    made = convert_files([source], schema("csv"), str(tmp_path / "made"), rows_per_file=rows_per_file)
    paths = sorted(made.folder.glob("*.tfrecord"))
    assert [count_rows(str(path), schema("tfrecord")) for path in paths] == sizes
    assert [path.name for path in paths] == [f"part-{n:05d}-of-{len(sizes):05d}.tfrecord" for n in range(len(sizes))]


@pytest.mark.parametrize("shards", [None, 4])
def test_filters_and_bad_rows_are_done(tmp_path, shards):
    rows = table(100).to_pylist()
    rows[7]["y"] = 5
    source = write(tmp_path / "a.parquet", pa.Table.from_pylist(rows, table(1).schema))
    wanted = RowFilter(Column("place", "INT32", 0), tuple(range(50)), keep=True)
    given = schema("parquet", filters=(wanted,), bad_rows="SKIP")
    with pytest.raises(DataError, match=r"a\.parquet: row 8"):
        convert_files([source], replace(given, bad_rows="FAIL"), str(tmp_path / "made"), shards=shards)
    assert names(tmp_path) == ["a.parquet"]

    filtered = replace(given, columns=(*COLUMNS, wanted.column))
    made = convert_files([source], filtered, str(tmp_path / "made"), shards=shards)
    assert (made.rows, made.summary) == (49, "100 rows read, 50 filtered out, 1 dropped (1 label not 0 or 1)")
    paths = [str(path) for path in sorted(made.folder.glob("*.tfrecord"))]
    again = replace(filtered, input_type="tfrecord")
    got = streamed(paths, again)
    same(got, streamed([source], filtered))
    assert got["place"].tolist() == [place for place in range(50) if place != 7]
    # The same config goes on with the converted files where no Python runs.
    assert set(check_graph_readable(again, paths).kinds) == set(got)


def test_what_a_config_makes_of_its_files(tiny):
    made = apps_rec.convert(tiny.load(), "made", shards=2)
    message = tiny.load().message
    kept = [row for row in tiny.rows("train.csv") if row["source"] != "cache"]
    assert made.rows == len(kept)
    paths = sorted(str(path) for path in made.folder.glob("*.tfrecord"))
    from_source = streamed(["train.csv"], build_schema(message, "train"))
    as_tfrecord = replace(build_schema(message, "train"), input_type="tfrecord")
    same(streamed(paths, as_tfrecord), from_source)
    # The key and the filter's column are there too, so the config needs another path and type alone.
    batches = list(RowStream(paths, as_tfrecord, 1000, keep=["request", "source"]).batches())
    assert batches[0].kept.column("request").to_pylist() == [row["request"] for row in kept]
    assert json.loads((made.folder / "manifest.json").read_text())["config"] == str(tiny.config)

    made = apps_rec.convert(tiny.load(), "made_eval", evaluation=True)
    assert made.rows == sum(row["source"] != "cache" for row in tiny.rows("eval.csv"))


def test_the_config_reads_the_same_batches_from_the_converted_files(tiny):
    apps_rec.convert(tiny.load(), "made")
    text = tiny.config.read_text(encoding="utf-8").replace("CSVInput with_header: true", "TFRecordInput")
    (tiny.folder / "records.config").write_text(text.replace("train.csv", "made/*.tfrecord"), encoding="utf-8")
    config = apps_rec.load_config("records.config", ["data_config.shuffle=false"])
    stream = open_stream(config.message, "train")
    source = open_stream(tiny.load("data_config.shuffle=false").message, "train")
    for left, right in zip(stream.batches(), source.batches(), strict=True):
        same(left.columns, right.columns)


def test_keys_and_users_that_the_files_lack(tiny, caplog):
    config = tiny.load().message
    rows = [row[1:] for row in ([*row.values()] for row in tiny.rows("train.csv"))]
    header = "user,app,price,word,tags,slot,source,click,download"
    (tiny.folder / "short.csv").write_text("\n".join([header, *(",".join(row) for row in rows)]), encoding="utf-8")
    wanted = build_schema(config, "train")
    with caplog.at_level("WARNING", "apps_rec.data"):
        columns = [column.name for column in conversion_schema(config, ["short.csv"], wanted, "train").columns]
    assert 'short.csv: has no column "request"' in caplog.text
    assert "request" not in columns
    assert "source" in columns


# ---- what goes wrong


def test_nothing_half_written_is_seen(tmp_path, monkeypatch):
    source = write(tmp_path / "a.parquet", table(50))
    (tmp_path / ".made.partial").mkdir()  # of a conversion that was killed
    (tmp_path / ".made.partial" / "00000").write_bytes(b"old")
    seen = []

    def fail(self, records):
        seen.append(names(tmp_path))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writer._Shard, "write", fail)
        with pytest.raises(RunError, match="made: cannot be written: No space left on device"):
            convert_files([source], schema("parquet"), str(tmp_path / "made"))
    assert seen == [[".made.partial", "a.parquet"]]
    assert names(tmp_path) == ["a.parquet"]
    convert_files([source], schema("parquet"), str(tmp_path / "made"))
    assert names(tmp_path) == ["a.parquet", "made"]


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    source = write(tmp_path / "a.parquet", table(5))
    (tmp_path / "made").mkdir()
    with pytest.raises(RunError, match="is there already"):
        convert_files([source], schema("parquet"), str(tmp_path / "made"))
    assert names(tmp_path / "made") == []


@pytest.mark.parametrize("options", [{"shards": 0}, {"rows_per_file": -1}, {"shards": 2, "rows_per_file": 5}])
def test_numbers_that_mean_nothing(tmp_path, options):
    with pytest.raises(RunError, match=r"^shards, rows_per_file: expected one of them, 1 or more"):
        convert_files([], schema("parquet"), str(tmp_path / "made"), **options)


def test_more_shards_than_rows(tmp_path):
    source = write(tmp_path / "a.parquet", table(5))
    with pytest.raises(DataError, match=r"as many as there are rows \(5\), got 6"):
        convert_files([source], schema("parquet"), str(tmp_path / "made"), shards=6)


def test_a_label_that_was_not_observed_is_written_as_its_column_says(tmp_path):
    declared = (Column("y", "INT32", 0), Column("z", "BOOL", False), Column("x", "FLOAT", 0.0))
    rules = {"y": LabelRule((-9.0,)), "z": LabelRule((None, -1.0)), "x": LabelRule((), ("y",))}
    options = {"labels": ("y", "z", "x"), "declared": declared, "label_rules": rules}
    path = tmp_path / "rows.parquet"
    columns = {"y": [0, -9, 1], "z": [None, True, False], "x": [None, -1.0, 1.0]}
    pq.write_table(pa.table(columns), path)
    convert_files([str(path)], Schema((), input_type="parquet", **options), str(tmp_path / "made"))
    made = Schema((), input_type="tfrecord", **options)
    files = [str(tmp_path / "made" / "part-00000-of-00001.tfrecord")]
    batch = next(RowStream(files, made, 10).batches()).columns
    assert {name: batch[name].tolist() for name in options["labels"]} == {
        "y": [0, -1, 1],
        "z": [-1, 1, 0],
        "x": [0, 0, 1],
    }
    layout = check_graph_readable(made, files)
    (graph,) = graph_columns(made, files[0], 0, -1, 10, layout).as_numpy_iterator()
    assert {name: graph[name].tolist() for name in graph} == {name: batch[name].tolist() for name in graph}
