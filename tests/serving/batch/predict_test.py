import datetime
import decimal
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.data.rows import progress
from apps_rec.errors import DataError, RunError
from apps_rec.serving.batch import output as output_module
from apps_rec.serving.batch import predict
from apps_rec.serving.batch.predict import predict_file
from apps_rec.serving.engine import Engine
from apps_rec.training.estimator import load_trained
from tests.serving.batch.conftest import COUNT

OUTPUTS = ["logits_ctr", "logits_cvr", "probs_ctcvr", "probs_ctr", "probs_cvr", "score"]


# What the real engine does with an export is in test_a_truncated_export and test_ctrl_c_in_the_middle_leaves_nothing.
pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture(scope="module")
def estimator(trained):
    """Return the live model."""
    return load_trained(trained.load())[0]


@pytest.fixture(scope="module")
def model_scores(trained, exported, estimator):
    """Return the live model's outputs of rows.csv, each empty cell filled by hand with its default; the slot is 2."""
    rows = trained.rows("rows.csv")
    columns = {
        "user": tf.constant([row["user"] or "nobody" for row in rows]),
        "app": tf.constant([int(row["app"] or -1) for row in rows], tf.int64),
        "price": tf.constant([float(row["price"] or 0.5) for row in rows]),
        "word": tf.constant([row["word"] for row in rows]),
        "tags": tf.constant([row["tags"] for row in rows]),
        "slot": tf.fill([COUNT], 2),
    }
    return {name: value.numpy() for name, value in estimator.predict(estimator.preprocessor(columns)).items()}


@pytest.mark.parametrize("rows", ["rows.csv", "rows.csv.gz", "rows.parquet", "rows.tfrecord"])
def test_every_format_scores_like_the_model(trained, exported, model_scores, tmp_path, rows):
    result = apps_rec.predict(exported, rows, str(tmp_path / "scores.parquet"))
    assert (result.rows, result.dropped) == (COUNT, 0)
    table = pq.read_table(result.output)
    # The default: keys and labels.
    assert table.column_names == ["request", "click", "download", *OUTPUTS]
    assert table.column("request").to_pylist() == [f"r{i}" for i in range(COUNT)]
    assert table.column("click").to_pylist() == [int(row["click"]) for row in trained.rows("rows.csv")]
    for name, value in model_scores.items():
        np.testing.assert_allclose(table.column(name).to_numpy(), value, rtol=0, atol=1e-6, err_msg=name)
    score = 0.95 * table.column("probs_ctr").to_numpy() + 0.05 * table.column("probs_ctcvr").to_numpy()
    np.testing.assert_allclose(table.column("score").to_numpy(), score, rtol=0, atol=1e-6)


def test_batches_make_no_difference(exported, tmp_path):
    for size in (7, 4096):
        predict_file(str(exported), "rows.parquet", str(tmp_path / f"{size}.parquet"), batch_size=size)
    small, large = (pq.read_table(tmp_path / f"{size}.parquet") for size in (7, 4096))
    assert small.equals(large)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_columns_that_are_kept(exported, tmp_path, ending):
    keep = ["extra", "user", "tags", "source"]
    result = apps_rec.predict(exported, "rows.parquet", str(tmp_path / "deep" / f"scores.{ending}"), keep)
    source = pq.read_table("rows.parquet")
    if ending == "parquet":
        table = pq.read_table(result.output)
        for name in keep:
            assert table.column(name).to_pylist() == source.column(name).to_pylist()
    else:
        table = pyarrow.csv.read_csv(result.output)
        assert table.column("extra").to_pylist()[:2] == ["0|1", "1|2"]
        tags = ["|".join(value) if value else "" for value in source.column("tags").to_pylist()]
        assert table.column("tags").to_pylist() == tags
        users = [value or "" for value in source.column("user").to_pylist()]
        assert table.column("user").to_pylist() == users
    assert table.column_names == [*keep, *OUTPUTS]


def test_kept_columns_are_written_as_they_were_stored(exported, tmp_path):
    day, hour = datetime.date(2026, 11, 1), datetime.datetime(2026, 11, 1, 12, 30, 0, 123456)
    stored = {
        "day": pa.array([day, None, day]),
        "at": pa.array([hour, None, hour], pa.timestamp("us", tz="UTC")),
        "cost": pa.array([decimal.Decimal("4.990"), None, decimal.Decimal("-0.001")], pa.decimal128(10, 3)),
        "gap": pa.array([2.0**53, None, -0.0]),
        "half": pa.array([0.1, None, 1e30], pa.float32()),
        "small": pa.array([-128, None, 127], pa.int8()),
        "large": pa.array([2**64 - 1, None, 0], pa.uint64()),
        "flag": pa.array([True, None, False]),
        "raw": pa.array([b"\xff\x00", None, b""]),
        "lists": pa.array([[1, None], None, []], pa.list_(pa.int16())),
        "nested": pa.array([{"a": [1]}, None, {"a": None}], pa.struct({"a": pa.list_(pa.int64())})),
        "empty": pa.nulls(3),
        # Columns that the model reads stand there as stored too, not with their defaults.
        "user": pa.array(["u", None, ""]),
        "app": pa.array([3.0, None, 29.0]),
        "price": pa.array(["0.50", None, "1e1"]),
        "word": pa.array(["fun", None, ""]).dictionary_encode(),
        "tags": pa.array([["t1"], None, []]),
    }
    pq.write_table(pa.table(stored), tmp_path / "rows.parquet")
    result = apps_rec.predict(exported, str(tmp_path / "rows.parquet"), str(tmp_path / "out.parquet"), list(stored))
    table = pq.read_table(result.output)
    for name, column in pq.read_table(tmp_path / "rows.parquet").select(list(stored)).to_pydict().items():
        assert table[name].to_pylist() == column, name
        # A dictionary is how a file packs texts, and differs from one of its parts to the next.
        assert table[name].type == (pa.string() if name == "word" else stored[name].type), name


def test_nothing_may_be_kept(exported, tmp_path):
    result = apps_rec.predict(exported, "rows.csv", str(tmp_path / "scores.csv"), [])
    assert pyarrow.csv.read_csv(result.output).column_names == OUTPUTS


def test_keys_and_labels_may_be_absent(exported, tmp_path):
    table = pq.read_table("rows.parquet").drop_columns(["request", "download", "slot", "source"])
    pq.write_table(table, tmp_path / "rows.parquet")
    result = apps_rec.predict(exported, str(tmp_path / "rows.parquet"), str(tmp_path / "scores.parquet"))
    assert pq.read_table(result.output).column_names == ["click", *OUTPUTS]


def test_several_files(exported, tmp_path):
    table = pq.read_table("rows.parquet", columns=["user", "app", "price", "word", "tags", "request"])
    pq.write_table(table.slice(0, 20), tmp_path / "a.parquet")
    pq.write_table(table.slice(20), tmp_path / "b.parquet")
    result = apps_rec.predict(exported, str(tmp_path / "?.parquet"), str(tmp_path / "scores.csv"))
    assert pyarrow.csv.read_csv(result.output).column("request").to_pylist() == [f"r{i}" for i in range(COUNT)]


def test_a_kept_column_of_other_types_in_other_files(exported, tmp_path):
    table = pq.read_table("rows.parquet", columns=["user", "app", "price", "word", "tags"])
    for name, value in (("a", 1), ("b", "one")):
        pq.write_table(table.append_column("note", pa.array([value] * COUNT)), tmp_path / f"{name}.parquet")
    with pytest.raises((RunError, DataError)) as caught:
        apps_rec.predict(exported, str(tmp_path / "?.parquet"), str(tmp_path / "scores.csv"), ["note"])
    assert "type" in str(caught.value)
    assert not list(tmp_path.glob("*scores*"))


def test_a_kept_column_that_csv_cannot_hold(exported, tmp_path):
    table = pq.read_table("rows.parquet").append_column("note", pa.array([{"a": 1}] * COUNT))
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(
        RunError, match=r"cannot write .*scores\.csv: .*Kept columns need .*\.csv can hold; choose others to keep"
    ):
        apps_rec.predict(exported, str(tmp_path / "rows.parquet"), str(tmp_path / "scores.csv"), ["note"])
    assert not list(tmp_path.glob("*scores*"))


@pytest.mark.parametrize("rows", ["rows.csv", "rows.parquet", "rows.tfrecord"])
def test_a_missing_column_to_keep(exported, tmp_path, rows):
    text = rf'{rows}: there is no column "requst"\. Columns are .*source.* Did you mean "request"\?'
    with pytest.raises(DataError, match=text):
        apps_rec.predict(exported, rows, str(tmp_path / "scores.csv"), ["requst"])


def test_a_column_that_is_called_like_an_output(exported, tmp_path):
    table = pq.read_table("rows.parquet").append_column("score", pa.array([0.0] * COUNT))
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(DataError, match=r"column score of .* is called like an output; choose others to keep"):
        apps_rec.predict(exported, str(tmp_path / "rows.parquet"), str(tmp_path / "scores.csv"), ["score"])


def test_a_missing_input_column(exported, tmp_path):
    pq.write_table(pq.read_table("rows.parquet").drop_columns(["word"]), tmp_path / "rows.parquet")
    with pytest.raises(DataError, match='there is no column "word"'):
        apps_rec.predict(exported, str(tmp_path / "rows.parquet"), str(tmp_path / "scores.csv"))


def test_of_a_folder_of_versions_the_newest_is_taken(trained, exported, tmp_path, seen):
    (trained.folder / "export" / "9" / "x").mkdir(parents=True, exist_ok=True)
    shutil.copy(exported / "saved_model.pb", trained.folder / "export" / "9")
    for name, export in (("of_all", exported.parent), ("of_one", exported)):
        apps_rec.predict(export, "rows.csv", str(tmp_path / f"{name}.csv"))
    assert (tmp_path / "of_all.csv").read_bytes() == (tmp_path / "of_one.csv").read_bytes()
    told = f"{exported.parent}: the newest version is taken, {exported.name}"
    assert [message for message in seen.messages if "newest" in message] == [told]
    # A proof is of one version.
    with pytest.raises(RunError, match=rf"holds no saved_model\.pb\. Did you mean .*{exported.name}\?"):
        apps_rec.verify_export(exported.parent)


@pytest.mark.parametrize("name", ["run", "nowhere", "rows.csv"])
def test_a_folder_that_is_no_export(exported, tmp_path, name):
    with pytest.raises(RunError, match=rf"{name} is no export: it holds no saved_model\.pb\. Make one with: apps-rec"):
        apps_rec.predict(name, "rows.csv", str(tmp_path / "scores.csv"))


def test_an_export_of_another_program(exported, tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path / "1"))
    with pytest.raises(RunError, match=r"was not written by apps-rec export: it has no assets/pipeline\.config"):
        apps_rec.predict(tmp_path / "1", "rows.csv", str(tmp_path / "scores.csv"))


@pytest.mark.parametrize(
    "file", ["saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"]
)
def test_a_truncated_export(exported, tmp_path, file):
    shutil.copytree(exported, tmp_path / "1")
    path = tmp_path / "1" / file
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match=r"1 cannot be loaded: it is damaged or cut short .* Export again"):
        apps_rec.predict(tmp_path / "1", "rows.csv", str(tmp_path / "scores.csv"))


@pytest.mark.parametrize("kind", ["parquet", "csv", pytest.param("csv.gz", marks=pytest.mark.slow)])
def test_a_folder_of_parts_holds_what_one_file_holds(exported, tmp_path, seen, kind):
    one = predict_file(str(exported), "rows.parquet", str(tmp_path / "one.parquet"), ["request", "user"])
    parts = predict_file(
        str(exported), "rows.parquet", str(tmp_path / "scores"), ["request", "user"], part_format=kind, rows_per_part=20
    )
    assert (one.written, one.files, one.groups) == (COUNT, 1, None)
    assert (parts.rows, parts.written, parts.files) == (COUNT, COUNT, 3)
    paths = sorted((tmp_path / "scores").iterdir())
    assert [path.name for path in paths] == [f"part-0000{number}.{kind}" for number in range(3)]
    read = pq.read_table if kind == "parquet" else pyarrow.csv.read_csv
    tables = [read(path) for path in paths]
    assert [table.num_rows for table in tables] == [20, 20, 10]
    got, whole = pa.concat_tables(tables), pq.read_table(tmp_path / "one.parquet")
    assert got.column_names == whole.column_names
    assert got["request"].to_pylist() == whole["request"].to_pylist()
    np.testing.assert_allclose(got["score"].to_numpy(), whole["score"].to_numpy(), rtol=0, atol=1e-6)
    assert f"50 rows to {tmp_path}/scores" in seen.messages[-1]


def test_progress_says_how_much_is_done(exported, tmp_path, seen, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    predict_file(str(exported), "rows.parquet", str(tmp_path / "scores.csv"), batch_size=20)
    lines = [re.sub(r"[\d,.]+ (rows/s|s:)", r"N \1", line) for line in seen.messages if "rows/s" in line]
    assert lines == [
        "20 rows scored, N rows/s, 40% of the input",
        "40 rows scored, N rows/s, 80% of the input",
        "50 rows scored, N rows/s, 100% of the input",
        f"50 rows scored, N rows/s, N s: 50 rows to {tmp_path}/scores.csv",
    ]


def test_a_folder_that_is_not_empty_is_refused_before_anything_is_read(exported, tmp_path):
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "part-00000.parquet").write_text("of an earlier run")
    with pytest.raises(RunError, match="scores: the folder is not empty; choose another, or remove it first"):
        apps_rec.predict("nowhere", "nothing.csv", str(tmp_path / "scores"))
    assert [path.name for path in (tmp_path / "scores").iterdir()] == ["part-00000.parquet"]


def test_the_input_is_no_output(exported, tmp_path):
    shutil.copy("rows.csv", tmp_path)
    with pytest.raises(RunError, match=r"output .*rows\.csv: is the input; choose another"):
        apps_rec.predict(exported, str(tmp_path / "*.csv"), str(tmp_path / "x" / ".." / "rows.csv"))
    assert (tmp_path / "rows.csv").read_bytes() == (exported.parent.parent / "rows.csv").read_bytes()


@pytest.mark.parametrize("output", ["scores", "scores.parquet"])
def test_ctrl_c_in_the_middle_leaves_nothing(exported, tmp_path, monkeypatch, output):
    make = Engine.function

    def breaking_off(self, signature, inputs):
        call, calls = make(self, signature, inputs), []

        def interrupted(arrays):
            calls.append(arrays)
            if len(calls) == 3:
                assert [path.name for path in tmp_path.iterdir()] == [f".{output}.partial"]
                raise KeyboardInterrupt
            return call(arrays)

        return interrupted

    monkeypatch.setattr(Engine, "function", breaking_off)
    monkeypatch.setattr(predict, "Engine", Engine)
    monkeypatch.setattr(output_module, "_BLOCK_ROWS", 4)
    with pytest.raises(KeyboardInterrupt):
        predict_file(str(exported), "rows.csv", str(tmp_path / output), batch_size=10)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_cannot_be_written(exported, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot write .*file/scores\.csv: .*; choose another"):
        apps_rec.predict(exported, "rows.csv", str(tmp_path / "file" / "scores.csv"))


@pytest.mark.parametrize("name", ["scores.csv", "scores.csv.gz", "scores.parquet", "scores"])
def test_an_error_in_the_middle_leaves_nothing(exported, tmp_path, monkeypatch, name):
    monkeypatch.setattr(output_module, "_BLOCK_ROWS", 4096)
    lines = (exported.parent.parent / "rows.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [*lines, *lines[1:] * 400, "r,u,seven,0.1,fun,,1,live,0,0\n"]
    (tmp_path / "rows.csv").write_text("".join(rows), encoding="utf-8")
    output = tmp_path / name
    before = {"rows.csv"}
    if output.suffix:
        output.write_text("of an earlier run")
        before.add(name)
    with pytest.raises(DataError, match=rf'row {len(rows) - 1}, column "app": expected .*INT64.* got "seven"'):
        apps_rec.predict(exported, str(tmp_path / "rows.csv"), str(output))
    assert {path.name for path in tmp_path.iterdir()} == before
    assert not output.suffix or output.read_text() == "of an earlier run"


def test_bad_rows_may_be_left_out(exported, tmp_path):
    rows = "user,app,price,word,tags\nu,1,0.5,fun,\nu,seven,0.5,fun,\nv,2,0.5,fun,\n"
    (tmp_path / "rows.csv").write_text(rows, encoding="utf-8")
    paths = [exported, str(tmp_path / "rows.csv"), str(tmp_path / "scores.csv")]
    with pytest.raises(DataError, match=r"row 2, .*predict: --skip-bad-rows"):
        apps_rec.predict(*paths)
    result = apps_rec.predict(*paths, keep=["user"], skip_bad_rows=True)
    assert (result.rows, result.dropped) == (2, 1)
    assert pyarrow.csv.read_csv(result.output)["user"].to_pylist() == ["u", "v"]
    # Of fewer than 1,000 rows one in ten may be bad, whatever the share; here it is more than half.
    text = "user,app,price,word,tags\n" + "u,seven,0.5,fun,\n" * 40 + "v,3,0.5,fun,\n" * 20
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"rows read are bad, .* raise the share \(predict: --max-bad-row-share\)"):
        apps_rec.predict(*paths, keep=["user"], skip_bad_rows=True)
    result = apps_rec.predict(*paths, keep=["user"], skip_bad_rows=True, max_bad_row_share=0.7)
    assert (result.rows, result.dropped) == (20, 40)
    for wrong, said in (({}, "for skip_bad_rows only"), ({"skip_bad_rows": True}, r"expected a number in \[0, 1\]")):
        with pytest.raises(RunError, match=f"^max_bad_row_share: {said}"):
            apps_rec.predict(*paths, max_bad_row_share=1.5, **wrong)


def test_a_cell_of_a_feature_that_is_no_number(exported, tmp_path):
    (tmp_path / "rows.csv").write_text("user,app,price,word,tags\nu,1,0.5,fun,t1:much\n")
    with pytest.raises(DataError, match=r'rows\.csv: row 1, column "tags": expected finite weights .* got "t1:much"'):
        apps_rec.predict(exported, str(tmp_path / "rows.csv"), str(tmp_path / "scores.csv"))


def test_a_file_of_nothing_is_no_csv(exported, tmp_path):
    (tmp_path / "rows.csv").write_text("")
    with pytest.raises(DataError, match=r"rows\.csv: is empty; expected a header and rows"):
        apps_rec.predict(exported, str(tmp_path / "rows.csv"), str(tmp_path / "scores.csv"))
    assert not list(tmp_path.glob("*scores*"))


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        pytest.param(rows, name, marks=() if (i + j) % 4 == 0 else pytest.mark.slow)
        for i, rows in enumerate(["rows.csv", "rows.parquet", "other.parquet", "rows.tfrecord"])
        for j, name in enumerate(["scores.csv", "scores.parquet", "scores"])
    ],
)
def test_no_rows_give_an_empty_output(exported, no_rows, rows, name):
    result = apps_rec.predict(exported, str(no_rows / rows), str(no_rows / "out" / name))
    assert (result.rows, result.written, result.files) == (0, 0, 1)
    columns = ["request", "click", "download", *OUTPUTS]
    if name == "scores.csv":
        text = (no_rows / "out" / name).read_text(encoding="utf-8")
        assert text == ",".join(f'"{column}"' for column in columns) + "\n"
        return
    path = no_rows / "out" / name
    schema = pq.read_schema(path if path.is_file() else path / "part-00000.parquet")
    assert schema.names == columns
    # The types are those that the file with rows gives.
    apps_rec.predict(exported, rows.replace("other", "rows"), str(no_rows / "out/full.parquet"))
    assert _plain_types(schema) == _plain_types(pq.read_schema(no_rows / "out/full.parquet"))


def _plain_types(schema):
    """Types by name, large texts as texts."""
    return {field.name: str(field.type).removeprefix("large_") for field in schema}


@pytest.mark.parametrize("rows", ["rows.csv", "rows.parquet", "rows.tfrecord"])
def test_no_rows_to_rank_give_an_empty_output(exported, no_rows, rows):
    options = {"keep": ["app", "price"], "signature": "rank", "group_by": ["user"], "top_k": 3}
    result = apps_rec.predict(exported, str(no_rows / rows), str(no_rows / "best.parquet"), **options)
    assert (result.written, result.groups) == (0, 0)
    table = pq.read_table(no_rows / "best.parquet")
    assert table.column_names == ["user", "app", "price", "rank", *OUTPUTS[2:]]
    assert table.schema.field("rank").type == pa.int64()
    assert table.schema.field("app").type == pa.int64()


def test_where_every_row_is_bad_nothing_is_written(exported, tmp_path):
    (tmp_path / "rows.csv").write_text("user,app,price,word,tags\nu,seven,0.5,fun,\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'1 of 1 rows read are bad, .*row 1, column "app"'):
        apps_rec.predict(exported, str(tmp_path / "rows.csv"), str(tmp_path / "scores.csv"), skip_bad_rows=True)
    assert not (tmp_path / "scores.csv").exists()


def test_strange_cells_score_like_the_model(exported, estimator, tmp_path):
    texts = ["", "unseen", "не видано", "👾" * 30, "a\tb", "nobody"]
    rows = {
        "user": texts,
        "app": [None, -1, 2**62, 0, 29, 30],
        "price": [None, -1e30, 1e30, 0.0, -0.25, 3.5],
        "word": [*reversed(texts)],
        "tags": [None, "", "t1", "ж:2|", "|||", "a:b:3"],
    }
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet")
    result = apps_rec.predict(exported, str(tmp_path / "rows.parquet"), str(tmp_path / "scores.parquet"))
    columns = {
        # An empty user is a missing one.
        "user": tf.constant([text or "nobody" for text in texts]),
        "app": tf.constant([-1, -1, 2**62, 0, 29, 30], tf.int64),
        "price": tf.constant([0.5, -1e30, 1e30, 0.0, -0.25, 3.5]),
        "word": tf.constant(rows["word"]),
        "tags": tf.constant([value or "" for value in rows["tags"]]),
        "slot": tf.fill([6], 2),
    }
    expected = estimator.predict(estimator.preprocessor(columns))
    got = pq.read_table(result.output)
    for name in OUTPUTS:
        np.testing.assert_allclose(got.column(name).to_numpy(), expected[name].numpy(), rtol=1e-6, atol=1e-6)
