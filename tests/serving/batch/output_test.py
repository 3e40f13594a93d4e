import gzip

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from apps_rec.errors import RunError
from apps_rec.serving.batch import output as module
from apps_rec.serving.batch.output import Output, open_output, plan_output


def numbers(start, count):
    return pa.table({"n": np.arange(start, start + count)})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("scores.parquet", ("parquet", None)),
        ("scores.csv", ("csv", None)),
        ("scores.csv.gz", ("csv.gz", None)),
        ("scores", ("parquet", 1_000_000)),
        ("deep/scores/", ("parquet", 1_000_000)),
        ("scores.v2/", ("parquet", 1_000_000)),
    ],
)
def test_a_name_says_what_is_written(tmp_path, name, expected):
    planned = plan_output(f"{tmp_path}/{name}")
    assert (planned.format, planned.rows_per_part) == expected
    assert planned.path == tmp_path / name


@pytest.mark.parametrize("name", ["scores.json", "scores.parquet.gz", "."])
def test_an_ending_of_no_format(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"expected a file whose name ends in \.parquet, \.csv or \.csv\.gz, or a fold"):
        plan_output(name)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("x.csv", "csv", None), r"^part_format, rows_per_part: are for a folder of parts, and x\.csv is one file"),
        (("x.csv", None, 10), r"^part_format, rows_per_part: are for a folder of parts"),
        (("x", "json", None), r"^part_format: expected one of parquet, csv, csv\.gz, got json"),
        (("x", None, 0), r"^rows_per_part: expected 1 or more, got 0"),
    ],
)
def test_options_that_do_not_fit(tmp_path, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=text):
        plan_output(*arguments)


def test_what_is_in_the_way(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    (tmp_path / "file").write_text("")
    (tmp_path / "a.csv").mkdir()
    assert plan_output(str(tmp_path / "empty")).rows_per_part
    for name, text in {
        "full": "the folder is not empty; choose another, or remove it first",
        "link": "is a link or a mount point",
        "file": "is a file; choose another folder",
        "a.csv": "is a folder; choose another file",
    }.items():
        with pytest.raises(RunError, match=text):
            plan_output(str(tmp_path / name))


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("block", [3, 65_536])
def test_rows_are_cut_into_parts_in_order(tmp_path, monkeypatch, block, there):
    monkeypatch.setattr(module, "_BLOCK_ROWS", block)
    folder = tmp_path / "deep" / "scores"
    if there:
        folder.mkdir(parents=True)
    with open_output(plan_output(str(folder), rows_per_part=10)) as files:
        for start, count in ((0, 4), (4, 21), (25, 1), (26, 9)):
            files.write(numbers(start, count))
        assert names(tmp_path / "deep") == [".scores.partial", *(["scores"] if there else [])]
    assert names(tmp_path / "deep") == ["scores"]
    assert (files.rows, files.count) == (35, 4)
    assert names(folder) == [f"part-0000{number}.parquet" for number in range(4)]
    parts = [pq.read_table(path)["n"].to_pylist() for path in sorted(folder.iterdir())]
    assert [len(part) for part in parts] == [10, 10, 10, 5]
    assert [n for part in parts for n in part] == list(range(35))


def test_parts_that_end_with_the_rows(tmp_path):
    with open_output(plan_output(str(tmp_path / "scores"), "csv", 5)) as files:
        files.write(numbers(0, 10))
    assert files.count == 2
    # Every part has a header.
    assert (tmp_path / "scores" / "part-00001.csv").read_text() == '"n"\n5\n6\n7\n8\n9\n'
    assert names(tmp_path / "scores") == ["part-00000.csv", "part-00001.csv"]


def test_compressed_parts_and_files_end_where_they_should(tmp_path):
    for name, given in (("scores", {"part_format": "csv.gz"}), ("one.csv.gz", {})):
        with open_output(plan_output(str(tmp_path / name), **given)) as files:
            files.write(numbers(0, 3))
    for path in (tmp_path / "scores" / "part-00000.csv.gz", tmp_path / "one.csv.gz"):
        assert gzip.decompress(path.read_bytes()) == b'"n"\n0\n1\n2\n'


@pytest.mark.parametrize("name", ["scores", "scores.parquet", "scores.csv.gz"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_end_before_the_end_leaves_nothing(tmp_path, monkeypatch, name, error):
    monkeypatch.setattr(module, "_BLOCK_ROWS", 2)

    def break_off():
        with open_output(plan_output(str(tmp_path / name))) as files:
            files.write(numbers(0, 5))
            assert names(tmp_path) == [f".{name}.partial"]
            raise error

    with pytest.raises(error):
        break_off()
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["scores", "scores.parquet"])
def test_what_a_killed_run_left_is_removed(tmp_path, name):
    leftover = tmp_path / f".{name}.partial"
    if name == "scores":
        leftover.mkdir()
        leftover = leftover / "part-00007.parquet"
    leftover.write_text("half")
    with open_output(plan_output(str(tmp_path / name))) as files:
        files.write(numbers(0, 1))
    assert names(tmp_path) == [name]
    assert pq.read_table(tmp_path / name)["n"].to_pylist() == [0]


def test_a_folder_that_was_filled_meanwhile_is_not_replaced(tmp_path):
    def fill():
        with open_output(plan_output(str(tmp_path / "scores"))) as files:
            files.write(numbers(0, 1))
            (tmp_path / "scores").mkdir()
            (tmp_path / "scores" / "other").write_text("")

    with pytest.raises(RunError, match=r"cannot write .*scores: .*; choose another"):
        fill()
    assert names(tmp_path) == ["scores"]
    assert names(tmp_path / "scores") == ["other"]


def test_tables_of_other_types(tmp_path):
    def write(*tables):
        with open_output(Output(tmp_path / "scores.csv", "csv")) as files:
            for table in tables:
                files.write(table)

    with pytest.raises(RunError, match=r"cannot write .*scores\.csv: .*Kept columns need one type in all files"):
        write(numbers(0, 1), pa.table({"n": ["one"]}))
    with pytest.raises(RunError, match=r"cannot write .*scores\.csv: .*one that \.csv can hold; choose others to keep"):
        write(pa.table({"n": [{"a": 1}]}))
    assert names(tmp_path) == []
    # What fits is written in the type of the first rows.
    write(numbers(0, 1), pa.table({"n": pa.array([1], pa.int8())}))
    assert pyarrow.csv.read_csv(tmp_path / "scores.csv")["n"].to_pylist() == [0, 1]
