import gzip
import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from apps_rec.data.schema import Schema
from apps_rec.data.tfrecords.row_counts import count_rows, estimate_rows
from apps_rec.errors import DataError

TFRECORD = Schema((), input_type="tfrecord")


def write(path, records, compression=""):
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return str(path)


@pytest.mark.parametrize("rows", [0, 1, 3000])
def test_records(tmp_path, rows):
    records = [b"x" * (i % 400) for i in range(rows)]
    assert count_rows(write(tmp_path / "a.tfrecord", records), TFRECORD) == rows
    assert count_rows(write(tmp_path / "a.tfrecord.gz", records, "GZIP"), TFRECORD) == rows


def test_a_file_that_ends_inside_a_record(tmp_path):
    path = write(tmp_path / "a.tfrecord", [b"abc"] * 3)
    whole = (tmp_path / "a.tfrecord").read_bytes()
    record = len(whole) // 3
    for size in range(2 * record + 1, 3 * record):
        (tmp_path / "a.tfrecord").write_bytes(whole[:size])
        with pytest.raises(DataError, match="after row 2: expected TFRecord data"):
            count_rows(path, TFRECORD)
        (tmp_path / "a.tfrecord.gz").write_bytes(gzip.compress(whole[:size]))
        with pytest.raises(DataError, match="after row 2: expected TFRecord data"):
            count_rows(f"{path}.gz", TFRECORD)
    (tmp_path / "a.tfrecord").write_bytes(b"a,b\n" * 50)
    with pytest.raises(DataError, match="after row 0"):
        count_rows(path, TFRECORD)
    (tmp_path / "b.gz").write_bytes(gzip.compress(whole)[:-12])
    with pytest.raises(DataError, match=r"b\.gz"):
        count_rows(str(tmp_path / "b.gz"), TFRECORD)


@pytest.mark.parametrize(
    ("text", "with_header", "rows"),
    [("a,b\n1,2\n3,4\n", True, 2), ("1,2\r\n\r\n3,4", False, 2), ("a,b\n", True, 0), ("a\n\n\n1\n \n", True, 2)],
)
def test_lines(tmp_path, text, with_header, rows):
    (tmp_path / "a.csv").write_bytes(text.encode())
    codecs = {"gz": "gzip", "bz2": "bz2", "zst": "zstd", "lz4": "lz4"}
    for ending, codec in codecs.items():
        with pa.output_stream(tmp_path / f"a.csv.{ending}", compression=codec) as file:
            file.write(text.encode())
    for name in ("a.csv", *(f"a.csv.{ending}" for ending in codecs)):
        assert count_rows(str(tmp_path / name), Schema((), with_header=with_header)) == rows


def test_parquet(tmp_path):
    pq.write_table(pa.table({"a": range(20_000)}), tmp_path / "a.parquet", row_group_size=3000)
    assert count_rows(str(tmp_path / "a.parquet"), Schema((), input_type="parquet")) == 20_000


def test_a_manifest_says_it_for_the_file_that_it_names(tmp_path):
    path = write(tmp_path / "a.tfrecord", [b"x"] * 5)
    size = (tmp_path / "a.tfrecord").stat().st_size
    content = {"version": 1, "columns": {}, "filters": [], "sources": [], "config": "", "rows_read": 9}
    # 77, to see where the count came from; a file of another size was written by somebody else.
    for noted, rows in ((size, 77), (size + 1, 5)):
        files = [{"name": "a.tfrecord", "rows": 77, "size": noted}]
        (tmp_path / "manifest.json").write_text(json.dumps(content | {"files": files}))
        assert count_rows(path, TFRECORD) == rows


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="none"):
        count_rows(str(tmp_path / "none"), TFRECORD)


def test_estimates(tmp_path):
    records = [b"x" * (i % 400) for i in range(20_000)]
    rows, is_exact = estimate_rows([write(tmp_path / "a.tfrecord", records)], TFRECORD)
    assert rows == pytest.approx(20_000, rel=0.02)
    assert not is_exact
    csv = Schema((), input_type="csv", with_header=True)
    text = "a,b\n" + "".join(f"{i},{'y' * (i % 50)}\n" for i in range(100_000))
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv").write_text("a,b\n1,2\n3,4")
    with gzip.open(tmp_path / "c.csv.gz", "wt") as file:
        file.write(text)
    assert estimate_rows([str(tmp_path / "b.csv")], csv) == (2, False)
    for name, rel in (("a.csv", 0.02), ("c.csv.gz", 0.2)):
        assert estimate_rows([str(tmp_path / name), str(tmp_path / "b.csv")], csv)[0] == pytest.approx(100_002, rel=rel)
    assert estimate_rows([str(tmp_path / "missing.csv")], csv) is None


def test_an_estimate_takes_no_row_of_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert estimate_rows([str(tmp_path / "pipe.csv")], Schema((), input_type="csv")) is None


def test_exact_where_the_files_say_it(tmp_path):
    pq.write_table(pa.table({"a": range(10)}), tmp_path / "a.parquet")
    assert estimate_rows([str(tmp_path / "a.parquet")], Schema((), input_type="parquet")) == (10, True)
