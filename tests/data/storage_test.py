"""URIs as input: file:// for real, s3:// by a stand-in; nothing here leaves the machine."""

import gzip
import io
import os
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.fs as arrow_fs
import pyarrow.parquet as pq
import pytest

from apps_rec.data import RowStream, data_files, storage
from apps_rec.data.folders import MANIFEST
from apps_rec.data.schema import Column, Schema
from apps_rec.data.tfrecords.manifest import FileEntry, Manifest, manifest_beside
from apps_rec.data.tfrecords.row_counts import count_rows
from apps_rec.errors import ConfigError, DataError

COLUMNS = (Column("id", "INT64", 0), Column("word"))
FORMATS = ("csv", "parquet", "tfrecord")
PARTS = ("day=1/part-0", "day=1/part-1", "day=2/part-0", "day=2/deep/er/part-0", "day=2/.part-9", ".day=3/part-0")


def schema_of(kind):
    return Schema(COLUMNS, labels=("click",), input_type=kind, with_header=True, declared=COLUMNS)


def table_of(first, rows):
    ids = list(range(first, first + rows))
    words = [f"wört {i % 7}" for i in ids]
    return pa.table({"id": ids, "word": words, "click": pa.array([i % 2 for i in ids], pa.int32())})


def write(path, kind, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "csv":
        pa.csv.write_csv(table, path)
    elif kind == "parquet":
        pq.write_table(table, path, row_group_size=64)
    else:
        import tensorflow as tf

        with tf.io.TFRecordWriter(str(path)) as writer:
            for row in table.to_pylist():
                ints = {name: tf.train.Int64List(value=[row[name]]) for name in ("id", "click")}
                features = {name: tf.train.Feature(int64_list=values) for name, values in ints.items()}
                features["word"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[row["word"].encode()]))
                writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())


def write_parts(folder, kind):
    """100, 101, ... rows in the files of PARTS, with ids that say the file."""
    for number, part in enumerate(PARTS):
        write(folder / f"{part}.{kind}", kind, table_of(1000 * number, 100 + number))
    return folder


def rows_of(files, kind, **options):
    batches = list(RowStream(files, schema_of(kind), 64, **options).batches())
    return {name: np.concatenate([batch.columns[name] for batch in batches]) for name in ("id", "word", "click")}


def same(left, right):
    for name in left:
        np.testing.assert_array_equal(left[name], right[name])


@pytest.fixture
def s3(tmp_path, monkeypatch):
    """A folder that stands in for all buckets of s3://, one folder a bucket."""
    folder = tmp_path / "store"
    folder.mkdir()
    system = arrow_fs.SubTreeFileSystem(str(folder), arrow_fs.LocalFileSystem())

    def stand_in(scheme, authority):
        assert scheme == "s3"
        return system, authority

    monkeypatch.setattr(storage, "file_system", stand_in)
    return folder


@pytest.mark.parametrize("kind", FORMATS)
def test_file_uris_give_the_rows_of_plain_paths(tmp_path, kind):
    folder = write_parts(tmp_path / "data", kind)
    for pattern, count in ((f"**/part-0.{kind}", 3), (f"day=[!1]/part-0.{kind}", 1), (f"day=?/part-*.{kind}", 3)):
        plain = data_files(f"{folder}/{pattern}")
        uris = data_files(f"file://{folder}/{pattern}")
        assert uris == [f"file://{path}" for path in plain]
        assert len(uris) == count
    same(rows_of(uris, kind), rows_of(plain, kind))
    options = {"shuffle": True, "window": 150, "seed": 3, "holdout_fraction": 0.2, "holdout_part": "train"}
    same(rows_of(uris, kind, **options), rows_of(plain, kind, **options))
    assert [count_rows(path, schema_of(kind)) for path in uris] == [100, 101, 102]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_another_store_gives_the_rows_of_plain_paths(s3, kind):
    folder = write_parts(s3 / "logs", kind)
    uris = data_files(f"s3://logs/day=*/part-?.{kind}, s3://logs/day=2/deep/er/part-0.{kind}")
    assert uris == [f"s3://logs/{part}.{kind}" for part in sorted(PARTS[:4])]
    plain = [f"{folder}/{part}.{kind}" for part in sorted(PARTS[:4])]
    same(rows_of(uris, kind), rows_of(plain, kind))
    assert [count_rows(path, schema_of(kind)) for path in uris] == [100, 101, 103, 102]


def test_csv_of_a_store_without_files_of_this_machine(monkeypatch):
    system = arrow_fs._MockFileSystem()
    system.create_dir("logs/day")
    for name, content in (("a.csv", b"id,word,click\n1,x,0\n"), ("b.csv.gz", gzip.compress(b"id,word,click\n2,y,1\n"))):
        with system.open_output_stream(f"logs/day/{name}", compression=None) as file:
            file.write(content)
    monkeypatch.setattr(storage, "file_system", lambda scheme, authority: (system, authority))
    files = data_files("gs://logs/day/*")
    assert files == ["gs://logs/day/a.csv", "gs://logs/day/b.csv.gz"]
    assert rows_of(files, "csv")["word"].tolist() == [b"x", b"y"]
    assert [count_rows(path, schema_of("csv")) for path in files] == [1, 1]


PATTERNS = ("*", "*/*", "**", "**/*", "a*/**/x.csv", "**/x.csv", "a?", "[ab]*/x.csv", ".*/*", "a/.h/*", "**/.h/*")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_globs_match_as_those_of_plain_paths(tmp_path, pattern, monkeypatch):
    import glob

    names = ("a1", "b", "a/x.csv", "a/.h/x.csv", "a/b/x.csv", "a/b/c/x.csv", "ab/x.csv", ".c/x.csv", ".d", "c/y.csv")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    found = storage.find(f"file://{tmp_path}/{pattern}", "rows")
    monkeypatch.chdir(tmp_path)
    plain = {path.rstrip("/") for path in glob.glob(pattern, recursive=True)} - {""}
    assert plain
    assert {item.path.removeprefix(f"file://{tmp_path}/") for item in found} == plain
    assert all(item.is_folder == os.path.isdir(item.path.removeprefix("file://")) for item in found)


def test_a_star_stays_within_a_name(s3):
    write_parts(s3 / "logs", "csv")
    with pytest.raises(DataError, match=r'rows: no file matches "s3://logs/\*\.csv"'):
        data_files("s3://logs/*.csv", "rows")


def test_names_are_taken_as_they_are(s3):
    for name in ("day[1].csv", "a b%20c.csv"):
        write(s3 / "logs" / name, "csv", table_of(0, 3))
        assert data_files(f"s3://logs/{name}") == [f"s3://logs/{name}"]
        assert len(rows_of([f"s3://logs/{name}"], "csv")["id"]) == 3


def test_nothing_there(s3):
    (s3 / "logs").mkdir()
    for path in ("s3://logs/a.csv", "s3://logs/none/*.csv", "s3://no-such-bucket/*.csv"):
        with pytest.raises(DataError, match=f'train_input_path: no file matches "{path}"'.replace("*", r"\*")):
            data_files(path, "train_input_path")


def test_a_folder_of_a_store_stands_for_the_data_below_it(s3):
    write_parts(s3 / "logs", "csv")
    (s3 / "logs" / "_SUCCESS").write_text("")
    assert data_files("s3://logs/day=2/") == ["s3://logs/day=2/deep/er/part-0.csv", "s3://logs/day=2/part-0.csv"]
    assert data_files("s3://logs") == data_files("s3://logs/**/*.csv")
    assert data_files("s3://logs/day=*") == data_files("s3://logs/**/*.csv")
    (s3 / "logs" / "day=1" / "notes.md").write_text("")
    with pytest.raises(DataError, match=r'below "s3://logs" are files of several endings, such as .*\.md and .*\.csv'):
        data_files("s3://logs")


def test_a_delta_table_in_a_store_is_refused(s3):
    write_parts(s3 / "logs" / "table", "parquet")
    (s3 / "logs" / "table" / "_delta_log").mkdir()
    for path in ("s3://logs/table", "s3://logs/table/day=*/*.parquet", "s3://logs/table/day=1/part-0.parquet"):
        with pytest.raises(
            DataError, match=r'rows: "s3://logs/table" is a Delta table, .* from a local or mounted folder'
        ):
            data_files(path, "rows")


def test_schemes_that_are_not_read():
    with pytest.raises(ConfigError, match=r'rows: expected .* s3://, hdfs:// or file://, got "http://"'):
        data_files("http://host/a.csv, a.csv", "rows")


@pytest.mark.parametrize(
    ("scheme", "advice"),
    [("s3", "AWS_ACCESS_KEY_ID"), ("gs", "gcloud auth application-default"), ("hdfs", "JAVA_HOME")],
)
def test_a_store_that_lets_nobody_in(monkeypatch, scheme, advice):
    def refuse(*_):
        raise OSError("ACCESS_DENIED by the store.\nand a hundred lines more")

    monkeypatch.setattr(storage, "file_system", refuse)
    path = f"{scheme}://logs/a.csv"
    with pytest.raises(DataError, match=r"ACCESS_DENIED by the store\. Check") as caught:
        data_files(path, "train_input_path")
    text = str(caught.value)
    assert text.startswith(f'train_input_path: "{path}": its store does not give it: ')
    assert advice in text
    assert "mount the files" in text
    assert "\n" not in text
    for kind in ("csv", "parquet"):
        with pytest.raises(DataError, match=f"^{path}: its store does not give it: ACCESS_DENIED"):
            rows_of([path], kind)
    with pytest.raises(DataError, match=f"^{scheme}://logs/manifest.json: its store does not give it: ACCESS_DENIED"):
        count_rows(path, schema_of("csv"))


def test_a_file_that_goes_away_after_the_listing(s3):
    write(s3 / "logs" / "a.csv", "csv", table_of(0, 3))
    files = data_files("s3://logs/*.csv")
    (s3 / "logs" / "a.csv").unlink()
    with pytest.raises(DataError, match=r"^s3://logs/a\.csv: its store does not give it: .*AWS_ACCESS_KEY_ID"):
        rows_of(files, "csv")


def test_a_store_that_fails_in_the_middle(monkeypatch):
    class Broken(io.RawIOBase):
        def __init__(self):
            self.reads = 0

        def readable(self):
            return True

        def read(self, size=-1):
            self.reads += 1
            if self.reads > 1:
                raise OSError("connection reset")
            return b"id,word,click\n" + b"1,x,0\n" * 1000

    monkeypatch.setattr(storage, "open_stream", lambda _: pa.PythonFile(Broken(), mode="r"))
    monkeypatch.setattr("apps_rec.data.formats.csv_reader.csv_columns", lambda *_: ["id", "word", "click"])
    with pytest.raises(DataError, match=r"^s3://logs/a\.csv: cannot be read as CSV: .*connection reset.*AWS_REGION"):
        rows_of(["s3://logs/a.csv"], "csv")


def test_contents_that_are_wrong_are_no_fault_of_the_store(s3):
    (s3 / "logs").mkdir()
    (s3 / "logs" / "a.parquet").write_bytes(b"no Parquet at all")
    with pytest.raises(DataError, match=r"^s3://logs/a\.parquet: expected a Parquet file: ") as caught:
        rows_of(["s3://logs/a.parquet"], "parquet")
    assert "AWS" not in str(caught.value)


def test_tfrecord_where_tensorflow_does_not_read(s3):
    write(s3 / "logs" / "a.tfrecord", "tfrecord", table_of(0, 3))
    files = data_files("s3://logs/*.tfrecord")
    with pytest.raises(DataError, match=r"s3://logs/a\.tfrecord: TFRecord .* tensorflow-io.*CSV or Parquet.*mount"):
        RowStream(files, schema_of("tfrecord"), 64)
    from apps_rec.data.tfrecords.graph_checks import check_graph_readable

    for kind in ("tfrecord", "csv"):
        with pytest.raises(DataError, match=r"all files of parameter servers.*tensorflow-io"):
            check_graph_readable(schema_of(kind), [f"hdfs:///logs/a.{kind}"])


@pytest.mark.parametrize("kind", ["csv", "tfrecord"])
def test_parameter_servers_read_file_uris(tmp_path, kind):
    from apps_rec.data.tfrecords.graph_reader import graph_columns

    write(tmp_path / f"a.{kind}", kind, table_of(0, 100))
    path = f"file://{tmp_path}/a.{kind}"
    batches = list(graph_columns(schema_of(kind), path, 10, 50, 32).as_numpy_iterator())
    assert np.concatenate([batch["id"] for batch in batches]).tolist() == list(range(10, 60))


def test_a_manifest_in_a_store(s3):
    (s3 / "logs").mkdir()
    assert manifest_beside("s3://logs/part-0.tfrecord") is None
    (s3 / "logs" / "part-0.tfrecord").write_bytes(b"12345")
    Manifest((FileEntry("part-0.tfrecord", 7, 5),), {}, (), (), "x.config", 7).write(s3 / "logs")
    manifest = manifest_beside("s3://logs/part-0.tfrecord")
    assert manifest.entry("s3://logs/part-0.tfrecord").rows == 7
    assert count_rows("s3://logs/part-0.tfrecord", schema_of("tfrecord")) == 7
    (s3 / "logs" / MANIFEST).write_text("{}")
    with pytest.raises(DataError, match=r"^s3://logs/manifest\.json: expected what apps-rec convert writes"):
        manifest_beside("s3://logs/part-0.tfrecord")


def test_size_and_time(s3, tmp_path):
    write(s3 / "logs" / "a.csv", "csv", table_of(0, 3))
    plain = str(s3 / "logs" / "a.csv")
    status = os.stat(plain)
    for path in (plain, "s3://logs/a.csv"):
        assert storage.size_and_time(path) == (status.st_size, status.st_mtime_ns)
    with pytest.raises(FileNotFoundError):
        storage.size_and_time(str(tmp_path / "none"))
    with pytest.raises(DataError, match=r"^s3://logs/none: .*there is no such file"):
        storage.size_and_time("s3://logs/none")


def test_hdfs_without_a_hadoop_client(monkeypatch):
    for name in ("JAVA_HOME", "HADOOP_HOME", "CLASSPATH"):
        monkeypatch.delenv(name, raising=False)
    # Where there is a client all the same, nothing listens on port 1.
    with pytest.raises(DataError, match=r"does not give it: .*JAVA_HOME") as caught:
        data_files("hdfs://127.0.0.1:1/a.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_an_unreachable_s3_gives_up_within_seconds(monkeypatch):
    settings = {
        # Nothing listens on port 1 of this machine, and no other one is asked for credentials.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(storage, "file_system", storage.file_system.__wrapped__)
    started = time.monotonic()
    with pytest.raises(
        DataError, match=r'"s3://logs/\*\.csv": its store does not give it: .*connect.*AWS_ENDPOINT_URL'
    ):
        data_files("s3://logs/*.csv")
    assert time.monotonic() - started < 60
