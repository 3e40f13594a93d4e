import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.data.rows.stream import RowStream, column_names
from apps_rec.data.schema import RowFilter, Schema
from apps_rec.errors import DataError
from tests.data.rows.tables import COLUMNS, DECLARED, expected, gather, make_schema, make_table, same, write


@pytest.mark.parametrize("kind", ["parquet", "csv", "tfrecord"])
def test_every_format_equals_pandas(tmp_path, kind):
    first, second = make_table(3000), make_table(2100, 3000)
    files = [write(first, tmp_path / f"a.{kind}"), write(second, tmp_path / f"b.{kind}")]
    got, batches = gather(RowStream(files, make_schema(kind), 512))
    same(got, expected(pa.concat_tables([first, second])))
    assert [batch.size for batch in batches] == [512] * 9 + [492]
    assert [batch.end_row for batch in batches] == [*range(512, 5100, 512), 5100]
    assert [batch.last for batch in batches] == [False] * 9 + [True]
    assert sorted(column_names(files[0], make_schema(kind))) == sorted(first.column_names)


@pytest.mark.parametrize(
    ("kind", "files", "shares"),
    [
        # Two files of 3,000 rows. Parquet says how many there are: 2,000 of 6,000, ...
        ("parquet", 2, [2 / 6, 4 / 6, 1.0]),
        # The others are read in runs of 16,384 rows, so both are read when the first batch comes: only that is known.
        ("csv", 2, [0.5, 0.5, 0.5]),
        ("tfrecord", 2, [0.5, 0.5, 0.5]),
        ("csv", 1, [None, None]),
        ("parquet", 1, [2 / 3, 1.0]),
    ],
)
def test_how_much_of_the_input_is_read(tmp_path, kind, files, shares):
    paths = [write(make_table(3000, i * 3000), tmp_path / f"{i}.{kind}") for i in range(files)]
    stream = RowStream(paths, make_schema(kind), 2000)
    assert [stream.share_read(batch) for batch in stream.batches()] == shares


def test_files_that_are_read_one_after_the_other_count_one_by_one(tmp_path):
    files = [write(make_table(20_000), tmp_path / f"{i}.csv") for i in range(3)]
    stream = RowStream(files, make_schema("csv"), 10_000)
    # A batch is handed out when the one behind it is there.
    assert [stream.share_read(batch) for batch in stream.batches()] == [1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3]


def test_a_row_is_found_again_in_its_file(tmp_path):
    files = [write(make_table(3000), tmp_path / "a.csv"), write(make_table(2000, 3000), tmp_path / "b.csv")]
    lines = (tmp_path / "b.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    # Row 3 of the second file has too few cells, row 4 a click of 7: both are left out.
    lines[3:5] = ["false,0\n", lines[4].replace("false,1,", "false,7,")]
    (tmp_path / "b.csv").write_text("".join(lines), encoding="utf-8")
    stream = RowStream(files, make_schema("csv", bad_rows="SKIP"), 512)
    found = {}
    for batch in stream.batches():
        found.update(zip(batch.columns["id"].tolist(), batch.ends.tolist(), strict=True))
    assert len(found) == 4998
    places = {row: stream.locate(found[row]) for row in (0, 2999, 3000, 3001, 3004, 4999)}
    assert places == {
        0: (files[0], 1),
        2999: (files[0], 3000),
        3000: (files[1], 1),
        3001: (files[1], 2),
        3004: (files[1], 5),
        4999: (files[1], 2000),
    }


def test_files_of_different_types_go_together(tmp_path):
    first = pa.table({"id": pa.array([1], pa.int8()), "app": pa.array(["x"]).dictionary_encode()})
    second = pa.table({"id": ["2"], "app": pa.array(["y"], pa.large_string())})
    third = pa.table({"id": pa.nulls(1), "app": pa.nulls(1)})
    files = []
    for number, table in enumerate((first, second, third)):
        files.append(str(tmp_path / f"{number}.parquet"))
        pq.write_table(table, files[-1])
    got, _ = gather(RowStream(files, Schema(COLUMNS[:2], input_type="parquet", declared=DECLARED), 10))
    same(got, {"id": np.array([1, 2, 0]), "app": np.array([b"x", b"y", b"none"], object)})


@pytest.mark.parametrize("kind", ["parquet", "csv", "tfrecord"])
def test_kept_columns_stay_beside_their_rows(tmp_path, kind):
    table = make_table(2000)
    files = [write(table.slice(0, 1100), tmp_path / f"a.{kind}"), write(table.slice(1100), tmp_path / f"b.{kind}")]
    stream = RowStream(files, make_schema(kind, labels=()), 300, keep=["id", "cached", "tags", "click"])
    ids = []
    for batch in stream.batches():
        assert batch.kept.column_names == ["id", "cached", "tags", "click"]
        assert batch.kept["id"].to_pylist() == batch.columns["id"].tolist()
        ids += batch.columns["id"].tolist()
        tags = [(tags if kind == "csv" else "|".join(_text(tags) or [])) for tags in batch.kept["tags"].to_pylist()]
        assert [tag.encode() for tag in tags] == batch.columns["tags"].tolist()
        assert batch.kept["click"].to_pylist() == [i % 3 == 0 for i in batch.columns["id"]]
    assert ids == list(range(2000))
    if kind == "parquet":
        assert batch.kept.schema.field("click").type == pa.int8()
        assert batch.kept.schema.field("tags").type == pa.list_(pa.string())


def _text(values):
    return values and [value.decode() if isinstance(value, bytes) else value for value in values]


@pytest.mark.parametrize("shuffle", [False, True])
def test_row_groups_and_files_without_rows(tmp_path, shuffle):
    table = make_table(60)
    with pq.ParquetWriter(tmp_path / "b.parquet", table.schema) as writer:
        for start, stop in ((0, 0), (0, 20), (20, 20), (20, 20), (20, 60), (60, 60)):
            writer.write_table(table.slice(start, stop - start))
    assert [pq.ParquetFile(tmp_path / "b.parquet").metadata.row_group(at).num_rows for at in range(6)][::2] == [
        0,
        0,
        40,
    ]
    files = [write(table.slice(0, 0), tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]
    stream = RowStream(files, make_schema("parquet"), 16, shuffle=shuffle, window=24, keep=["tags"])
    batches = list(stream.batches())
    assert sorted(row for batch in batches for row in batch.columns["id"].tolist()) == list(range(60))
    assert [len(batch.columns["click"]) for batch in batches] == [16, 16, 16, 12]
    kept = {
        row: tags
        for b in batches
        for row, tags in zip(b.columns["id"].tolist(), b.kept["tags"].to_pylist(), strict=True)
    }
    assert [kept[row] for row in range(60)] == table["tags"].to_pylist()


def test_kept_columns_with_skipped_rows(tmp_path):
    path = tmp_path / "a.parquet"
    ids = [str(i) if i % 10 else "x" for i in range(1000)]
    pq.write_table(pa.table({"id": ids, "free": pa.array(range(1000), pa.int16())}), path)
    schema = Schema(COLUMNS[:1], input_type="parquet", declared=DECLARED, bad_rows="SKIP", max_bad_row_share=0.1)
    stream = RowStream([str(path)], schema, 64, keep=["free"])
    kept = [
        (row, id_)
        for b in stream.batches()
        for row, id_ in zip(b.kept["free"].to_pylist(), b.columns["id"], strict=True)
    ]
    assert kept == [(i, i) for i in range(1000) if i % 10]
    assert stream.counts.dropped == {"wrong type": 100}


def test_no_rows_left(tmp_path):
    files = [write(make_table(100), tmp_path / "a.parquet")]
    nothing = (RowFilter(DECLARED[-1], (True, False), keep=False),)
    with pytest.raises(DataError, match=r"a\.parquet: no rows are left: 100 rows read, 100 filtered out"):
        gather(RowStream(files, make_schema(filters=nothing), 10))
    with pytest.raises(DataError, match=r"no rows are left for one batch of 101 \(drop_remainder is set\): 100 rows"):
        gather(RowStream(files, make_schema(), 101, drop_remainder=True))


def test_the_row_of_a_mistake_is_that_of_its_file(tmp_path):
    good, bad = make_table(30_000).select(["id", "app"]), make_table(30_000).select(["id", "app"])
    bad = bad.set_column(0, "id", pa.array([str(i) for i in range(29_000)] + ["oops"] * 1000))
    files = [str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")]
    pq.write_table(good, files[0])
    pq.write_table(bad, files[1], row_group_size=10_000)
    stream = RowStream(files, Schema(COLUMNS[:2], input_type="parquet", declared=DECLARED), 1000)
    with pytest.raises(DataError, match=r'b\.parquet: row 29001, column "id": expected a whole number .* got "oops"'):
        list(stream.batches())


@pytest.mark.parametrize(
    "options",
    [{"batch_size": 0}, {"window": 0}, {"holdout_part": "train"}, {"holdout_part": "x", "holdout_fraction": 0.1}],
)
def test_bad_arguments(options):
    with pytest.raises(ValueError, match="expected"):
        RowStream(["a"], make_schema(), **({"batch_size": 1} | options))


def test_csv_numbers_equal_those_of_pandas(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"id": rng.integers(-(2**62), 2**62, 2000), "age": rng.normal(size=2000) * 10.0 ** rng.integers(-30, 30, 2000)}
    )
    path = tmp_path / "a.csv"
    frame.to_csv(path, index=False)
    schema = Schema((COLUMNS[0], COLUMNS[2]), input_type="csv", with_header=True, declared=DECLARED)
    got, _ = gather(RowStream([str(path)], schema, 300))
    same(got, {"id": frame["id"].to_numpy(), "age": frame["age"].to_numpy().astype(np.float32)})


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_with_a_default_that_an_older_file_lacks(tmp_path, caplog, kind):
    older, newer = make_table(3000).drop_columns(["app"]), make_table(2000, 3000)
    files = [write(older, tmp_path / f"a.{kind}"), write(newer, tmp_path / f"b.{kind}")]
    stream = RowStream(files, make_schema(kind), 512)
    for epoch in range(2):
        apps = {
            int(k): a for b in stream.batches(epoch) for k, a in zip(b.columns["id"], b.columns["app"], strict=True)
        }
        assert [apps[row] for row in range(3000)] == [b"none"] * 3000
        assert [apps[row].decode() for row in (3001, 4999)] == ["ä3001", "ä4999"]
    said = [record.message for record in caplog.records if "has no column" in record.message]
    assert said == [f'warning: {files[0]} has no column "app": every row of the file gets its default_val']
    with pytest.raises(DataError, match='there is no column "id"'):
        gather(RowStream([write(older.drop_columns(["id"]), tmp_path / f"c.{kind}")], make_schema(kind), 512))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    stream = RowStream([write(make_table(3000), path)], make_schema(kind), 512)
    assert sum(batch.size for batch in stream.batches(0)) == 3000
    with open(path, "ab") as file:
        file.write(b"false,1,,1,x,3000\n")
    with pytest.raises(DataError, match=rf"a\.{kind}: .*"):
        gather(stream, 1)


def test_too_many_bad_rows_end_the_run(tmp_path):
    path = tmp_path / "a.csv"
    lines = ["odd" if row % 50 == 0 else f"{row},a,1,,{row % 2}" for row in range(5000)]
    path.write_text("\n".join(["id,app,age,tags,click", *lines, ""]))
    stream = RowStream([str(path)], make_schema("csv", bad_rows="SKIP"), 512)
    with pytest.raises(
        DataError, match=r"of .* rows read are bad, more than data_config\.max_bad_row_share: 0\.01: .*line 2"
    ):
        gather(stream)
    stream = RowStream([str(path)], make_schema("csv", bad_rows="SKIP", max_bad_row_share=0.02), 512)
    assert sum(batch.size for batch in stream.batches()) == 4900
    assert stream.counts.dropped == {"ragged": 100}


def test_decimal_commas_and_null_words(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;app;age;tags;click\n1;1,5;4,99;;1\nNULL;NULL;NULL;;0,0\n3,0;a.b;-1e-3;;1\n")
    options = {"separator": ";", "decimal_separator": ",", "null_words": ("NULL",)}
    got, _ = gather(RowStream([str(path)], make_schema("csv", **options), 512))
    assert got["id"].tolist() == [1, 0, 3]
    assert got["app"].tolist() == [b"1,5", b"none", b"a.b"]
    np.testing.assert_array_equal(got["age"], np.array([4.99, -1, -1e-3], np.float32))
    path.write_text("id;app;age;tags;click\n1;a;4.99;;1\n")
    with pytest.raises(
        DataError,
        match=r'row 1, column "age": expected a number with a decimal comma .*got "4\.99"; decimal points',
    ):
        gather(RowStream([str(path)], make_schema("csv", **options), 512))


def test_values_of_a_filter_that_no_row_has_are_said_once(tmp_path, caplog):
    path = tmp_path / "a.parquet"
    write(make_table(3000), path)
    app, cached, ident = DECLARED[1], DECLARED[-1], DECLARED[0]
    filters = (
        RowFilter(cached, (True,), keep=False),  # every fifth row
        RowFilter(ident, (7, 2999, 3000, -1), keep=True),  # two of them in the first and the last chunk
        RowFilter(app, ("ä7".encode(), "ä7 ".encode()), keep=False),
    )
    schema = Schema(columns=COLUMNS, declared=DECLARED, input_type="parquet", filters=filters)
    stream = RowStream([str(path)], schema, 10)
    for _ in range(2):
        assert [batch.columns["id"].tolist() for batch in stream.batches()] == [[2999]]
    said = [record.getMessage() for record in caplog.records if "row_filter" in record.getMessage()]
    assert said == [
        'row_filter of "id": no row that passed the filters before it had "3000", "-1" of keep',
        'row_filter of "app": no row that passed the filters before it had "ä7 " of drop',
    ]
