import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from apps_rec.data.rows.order import in_holdout
from apps_rec.data.rows.stream import RowStream, column_names
from apps_rec.data.schema import Column, RowFilter, Schema
from apps_rec.errors import DataError

COLUMNS = (
    Column("id", "INT64", 0),
    Column("app", "STRING", b"none", True),
    Column("age", "FLOAT", -1.0, True),
    Column("tags", "STRING", b"", list_separator="|"),
)
DECLARED = (*COLUMNS, Column("click", "INT32", 0), Column("cached", "BOOL", False))


def make_table(rows, first=0):
    ids = np.arange(first, first + rows)
    return pa.table(
        {
            "cached": pa.array(ids % 5 == 0),
            "click": pa.array(ids % 3 == 0).cast(pa.int8()),
            "tags": pa.array([[f"t{k}" for k in range(i % 4)] or None for i in ids], pa.list_(pa.string())),
            "age": pa.array([None if i % 7 == 0 else i / 8 for i in ids]),
            "app": pa.array([None if i % 11 == 0 else f"ä{i}" for i in ids]).dictionary_encode(),
            "id": ids,
        }
    )


def write(table, path, row_group_size=1000):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=row_group_size)
    elif path.suffix == ".csv":
        tags = pa.array(["|".join(tags or []) for tags in table["tags"].to_pylist()])
        place = table.column_names.index("tags")
        pyarrow.csv.write_csv(table.set_column(place, "tags", tags), path)
    else:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for row in table.to_pylist():
                writer.write(example(row))
    return str(path)


def example(row):
    features = {}
    for name, value in row.items():
        values = [] if value is None else value if isinstance(value, list) else [value]
        if name in ("app", "tags"):
            feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[v.encode() for v in values]))
        elif name == "age":
            feature = tf.train.Feature(float_list=tf.train.FloatList(value=values))
        else:
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(v) for v in values]))
        if values:
            features[name] = feature
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def make_schema(kind="parquet", **kwargs):
    options = {"labels": ("click",), "with_header": True, "declared": DECLARED} | kwargs
    return Schema(COLUMNS, input_type=kind, **options)


def expected(table):
    """What the rows should become, by pandas."""
    frame = table.to_pandas()
    return {
        "id": frame["id"].to_numpy(),
        "app": np.array([b"none" if v is None or v != v else v.encode() for v in frame["app"]], object),
        "age": frame["age"].fillna(-1).to_numpy(np.float32),
        "tags": np.array([b"" if v is None else "|".join(v).encode() for v in frame["tags"]], object),
        "click": frame["click"].to_numpy(np.float32),
    }


def gather(stream, epoch=0, start_row=0):
    batches = list(stream.batches(epoch, start_row))
    return {name: np.concatenate([batch.columns[name] for batch in batches]) for name in batches[0].columns}, batches


def same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        assert left[name].dtype == right[name].dtype, name
        assert (left[name] == right[name]).all(), name


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


@pytest.mark.parametrize("kind", ["parquet", "csv", "tfrecord"])
def test_shuffled_every_row_comes_once_with_its_own_values(tmp_path, kind):
    table = make_table(3000)
    files = [write(table, tmp_path / f"a.{kind}")]
    got, _ = gather(RowStream(files, make_schema(kind), 256, shuffle=True, window=700, seed=5))
    assert (got["id"] != np.arange(3000)).any()
    order = np.argsort(got["id"])
    same({name: values[order] for name, values in got.items()}, expected(table))


def parquet_files(tmp_path, count=3, rows=25_000):
    return [write(make_table(rows, i * rows), tmp_path / f"{i}.parquet", 9000) for i in range(count)]


def test_order_depends_on_seed_and_epoch_alone(tmp_path):
    files = parquet_files(tmp_path)

    def ids(seed, epoch):
        return gather(RowStream(files, make_schema(), 4096, shuffle=True, window=10_000, seed=seed), epoch)[0]["id"]

    base = ids(1, 0)
    assert (base == ids(1, 0)).all()
    assert (base != ids(2, 0)).any()
    assert (base != ids(1, 1)).any()
    assert sorted(base) == list(range(75_000))
    # Row groups of all files come in mixed order.
    assert len({int(i) // 25_000 for i in base[:20_000]}) > 1


def test_batch_size_does_not_change_the_order(tmp_path):
    files = parquet_files(tmp_path, 1)
    orders = [
        gather(RowStream(files, make_schema(), size, shuffle=True, window=3000, seed=1))[0]["id"]
        for size in (100, 7000)
    ]
    assert (orders[0] == orders[1]).all()


def test_another_process_reads_the_same(tmp_path):
    files = parquet_files(tmp_path, 2, 9500)
    code = f"""
import json
from apps_rec.data import Column, RowStream, Schema
column = Column("id", "INT64", 0)
stream = RowStream({files!r}, Schema((column,), declared=(column,), input_type="parquet"), 500, shuffle=True,
                   window=2000, seed=9)
print(json.dumps([batch.columns["id"].tolist() for batch in stream.batches(4)]))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    stream = RowStream(files, make_schema(), 500, shuffle=True, window=2000, seed=9)
    assert json.loads(out) == [batch.columns["id"].tolist() for batch in stream.batches(4)]


VARIANTS = {
    "plain": {},
    "file order": {"shuffle": False},
    "filter": {"filters": (RowFilter(DECLARED[-1], (True,), keep=False),)},
    "holdout": {"holdout_fraction": 0.3, "holdout_part": "train"},
    "remainder": {"drop_remainder": True},
    "window as large as a batch": {"window": 500},
    "window smaller than a batch": {"window": 170},
}


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_from_the_end_of_every_batch_the_same_batches_follow(tmp_path, kind, variant):
    options = {"shuffle": True, "window": 1300, "seed": 3} | VARIANTS[variant]
    filters = options.pop("filters", ())
    files = [write(make_table(4000), tmp_path / f"a.{kind}"), write(make_table(1700, 4000), tmp_path / f"b.{kind}")]
    check_resume(RowStream(files, make_schema(kind, filters=filters), 500, **options))


def check_resume(stream):
    whole = list(stream.batches(2))
    assert len(whole) > 3
    for number, batch in enumerate(whole[:-1]):
        rest = list(stream.batches(2, batch.end_row))
        assert len(rest) == len(whole) - number - 1
        for got, wanted in zip(rest, whole[number + 1 :], strict=True):
            same(got.columns, wanted.columns)
            assert (got.end_row, got.last) == (wanted.end_row, wanted.last)


def test_bad_rows_that_are_skipped_do_not_disturb_resuming(tmp_path):
    lines = ["id,app,age,tags,click"]
    for i in range(5000):
        age, click = ("x" if i % 13 == 0 else i), ("" if i % 17 == 0 else i % 2)
        lines.append("ragged" if i % 19 == 0 else f"{i},a,{age},,{click}")
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    stream = RowStream(
        [str(path)], make_schema("csv", bad_rows="SKIP", max_bad_row_share=0.5), 300, shuffle=True, window=900, seed=1
    )
    check_resume(stream)
    got, _ = gather(stream)
    good = [i for i in range(5000) if i % 13 and i % 17 and i % 19]
    assert sorted(got["id"]) == good
    assert stream.counts.read == 5000
    assert stream.counts.dropped == Counter(
        {
            "ragged": sum(i % 19 == 0 for i in range(5000)),
            "wrong type": sum(i % 13 == 0 and i % 19 != 0 for i in range(5000)),
            "empty label": sum(i % 17 == 0 and i % 13 != 0 and i % 19 != 0 for i in range(5000)),
        }
    )


def test_resuming_does_not_read_row_groups_behind(tmp_path, monkeypatch):
    files = parquet_files(tmp_path)
    stream = RowStream(files, make_schema(), 1000, shuffle=True, window=9000, seed=1)
    whole = list(stream.batches(0))
    read = []
    original = pq.ParquetFile.iter_batches
    monkeypatch.setattr(
        pq.ParquetFile, "iter_batches", lambda self, **kw: read.append(kw["row_groups"]) or original(self, **kw)
    )
    rest = list(stream.batches(0, whole[69].end_row))
    same(rest[0].columns, whole[70].columns)
    assert len(read) <= 2


def test_holdout_and_training_rows_are_disjoint_and_complete(tmp_path):
    files = parquet_files(tmp_path, 2, 9000)
    train = gather(RowStream(files, make_schema(), 999, shuffle=True, holdout_fraction=0.1, holdout_part="train"))[0]
    held = gather(RowStream(files, make_schema(), 999, holdout_fraction=0.1, holdout_part="holdout"))[0]
    assert sorted([*train["id"], *held["id"]]) == list(range(18_000))
    by_hash = [in_holdout(index, np.arange(1, 9001), 0.1) for index in (0, 1)]
    assert held["id"].tolist() == np.nonzero(np.concatenate(by_hash))[0].tolist()
    other = RowStream(files, make_schema(), 999, shuffle=True, seed=8, holdout_fraction=0.1, holdout_part="train")
    assert sorted(gather(other, 3)[0]["id"]) == sorted(train["id"])


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


def test_a_position_behind_the_end_means_other_files(tmp_path):
    files = [write(make_table(100), tmp_path / "a.parquet")]
    with pytest.raises(DataError, match="expected at least 5000 rows in all files, got 100"):
        list(RowStream(files, make_schema(), 10).batches(0, 5000))


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
    said = [record.message for record in caplog.records if "there is no column" in record.message]
    assert said == [f'{files[0]}: there is no column "app": every row of the file gets the default_val']
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
        DataError, match=r'row 1, column "age": expected a number with a decimal comma .*got "4\.99" \(line 2\)'
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
        'row_filter of "id": no row that it looked at had "3000", "-1" of keep',
        'row_filter of "app": no row that it looked at had "ä7 " of drop',
    ]
