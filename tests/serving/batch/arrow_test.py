import pickle
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.errors import DataError, RunError
from apps_rec.serving import arrow_scorer
from apps_rec.serving.batch import arrow
from apps_rec.serving.schema import DEFAULT
from tests.serving.engines import kept_engine

pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture(autouse=True)
def scorers_loaded_once(monkeypatch):
    """Have scorers share the export that `predict` was lent."""

    def lent(export, threads, trust):
        names = [column.name for column in arrow._opened(export)[1].columns]
        return kept_engine(arrow.Path(export)).function(DEFAULT, names)

    monkeypatch.setattr(arrow, "_loaded", lent)


@pytest.fixture(scope="module")
def rows(exported, trained):
    """Return the rows of rows.parquet as a table."""
    return pq.read_table(trained.folder / "rows.parquet")


@pytest.fixture
def predicted(exported, tmp_path):
    """Return what `predict` writes of them."""
    return pq.read_table(apps_rec.predict(exported, "rows.parquet", str(tmp_path / "predicted.parquet")).output)


def same(scored, predicted):
    """Whether two tables hold the same columns, outputs to the last bit."""
    names = [name for name in predicted.column_names if predicted.column(name).type == pa.float32()]
    assert len(names) == 6
    return scored.equals(predicted) and all(
        scored.column(name).to_numpy().tobytes() == predicted.column(name).to_numpy().tobytes() for name in names
    )


@pytest.mark.parametrize("size", [1, 3, 16, 49, 50])
def test_record_batches_of_any_size_score_as_predict_does(exported, rows, predicted, size):
    scored = list(arrow_scorer(exported)(iter(rows.to_batches(max_chunksize=size))))
    assert sum(batch.num_rows for batch in scored) == 50
    assert all(isinstance(batch, pa.RecordBatch) for batch in scored)
    assert same(pa.Table.from_batches(scored), predicted)


def test_no_row_depends_on_the_number_of_rows_scored_at_once(exported, rows, predicted):
    for size in (1, 7, 49):
        assert same(arrow_scorer(exported, batch_size=size)(rows), predicted)


def test_a_table_becomes_a_table_whatever_its_chunks_are(exported, rows, predicted):
    chunked = pa.table(
        {
            name: pa.chunked_array([rows[name][:9].combine_chunks(), rows[name][9:].combine_chunks()])
            if name == "app"
            else rows[name]
            for name in rows.column_names
        }
    )
    assert same(arrow_scorer(exported)(chunked), predicted)


def test_the_schema_is_that_of_what_comes(exported, rows):
    scorer = arrow_scorer(exported, keep=["extra", "user", "tags"])
    scored = scorer(rows)
    assert scored.schema == scorer.schema(rows.schema)
    assert scored.column_names[:3] == ["extra", "user", "tags"]
    assert scored.select(["extra", "user", "tags"]).equals(rows.select(["extra", "user", "tags"]))
    empty = scorer(rows.slice(0, 0))
    assert (empty.num_rows, empty.schema) == (0, scored.schema)
    assert list(scorer(iter([]))) == []


def test_it_is_read_as_the_rows_come(exported, rows):
    asked = []

    def batches():
        for batch in rows.to_batches(max_chunksize=10):
            asked.append(batch.num_rows)
            yield batch

    scored = arrow_scorer(exported)(batches())
    assert asked == []
    next(scored)
    assert len(asked) <= 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop_columns("word"), 'there is no column "word". Columns are request, user, app'),
        (
            lambda rows: rows.set_column(2, "app", pa.array(["3"] * 20 + ["many"] + ["3"] * 29)),
            'row 21, column "app": expected a whole number of 64 bits (INT64), got "many"',
        ),
        (
            lambda rows: rows.set_column(2, "app", pa.array([date(2026, 11, 1)] * 50)),
            'column "app": expected INT64, got a column of ',
        ),
    ],
)
def test_wrong_rows_give_the_error_of_predict(exported, rows, tmp_path, change, message):
    wrong = change(rows)
    pq.write_table(wrong, tmp_path / "wrong.parquet")
    with pytest.raises(DataError, match=re.escape(message)) as of_file:
        apps_rec.predict(exported, str(tmp_path / "wrong.parquet"), str(tmp_path / "scores.parquet"))
    with pytest.raises(DataError) as of_batches:
        list(arrow_scorer(exported)(wrong.to_batches(max_chunksize=8)))
    text = str(of_file.value).replace(str(tmp_path / "wrong.parquet"), "record batches")
    # A file's advice is about all rows that it looked at.
    assert str(of_batches.value).split(". ")[0] == text.split(". ")[0]


def test_bad_rows_are_left_out_and_counted(exported, rows, predicted, seen):
    apps = rows["app"].to_pylist()
    wrong = rows.set_column(
        2, "app", pa.array(["x" if i in (4, 30) else None if a is None else str(a) for i, a in enumerate(apps)])
    )
    scored = pa.Table.from_batches(list(arrow_scorer(exported, skip_bad_rows=True)(wrong.to_batches(max_chunksize=20))))
    assert same(scored, predicted.filter(pa.array([i not in (4, 30) for i in range(50)])))
    assert "record batches: 50 rows read, 2 dropped (2 wrong type)" in seen.text
    with pytest.raises(DataError, match=r"2 of 50 rows read are bad"):
        arrow_scorer(exported, skip_bad_rows=True, max_bad_row_share=0)(wrong)


def test_columns_to_keep_must_be_there_and_not_be_outputs(exported, rows):
    with pytest.raises(DataError, match=r'record batches: there is no column "name"'):
        arrow_scorer(exported, keep=["name"]).schema(rows.schema)
    with pytest.raises(DataError, match=r"column score of record batches is called like an output"):
        arrow_scorer(exported, keep=["score"])(rows.append_column("score", rows["price"]))


def test_wrong_arguments_are_told_at_once(exported, tmp_path):
    with pytest.raises(RunError, match=r"is no export: it holds no saved_model\.pb"):
        arrow_scorer(tmp_path)
    with pytest.raises(RunError, match="batch_size: expected 1 or more, got 0"):
        arrow_scorer(exported, batch_size=0)
    with pytest.raises(RunError, match="threads: expected 0 or more, got -1"):
        arrow_scorer(exported, threads=-1)
    with pytest.raises(RunError, match="max_bad_row_share: for skip_bad_rows only"):
        arrow_scorer(exported, max_bad_row_share=0.5)


def test_it_is_small_when_sent_and_knows_its_path_elsewhere(exported, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(exported.parent)
    scorer = arrow_scorer(exported.name, ["user"])
    sent = pickle.dumps(scorer)
    assert len(sent) < 1000
    monkeypatch.chdir(tmp_path)
    assert pickle.loads(sent) == scorer
    assert scorer.export == str(exported)


def test_an_output_of_several_numbers_is_a_list(exported, rows, monkeypatch):
    config, served, schema = arrow._opened(str(exported))
    served = replace(served, outputs=("probs",), widths={"probs": 2})
    monkeypatch.setattr(arrow, "_opened", lambda export: (config, served, schema))
    numbers = np.arange(128, dtype=np.float32).reshape(64, 2)
    monkeypatch.setattr(arrow, "_loaded", lambda *options: lambda arrays: {"probs": numbers})
    scored = arrow_scorer(exported, keep=[])(rows)
    assert scored.schema == pa.schema([("probs", pa.list_(pa.float32()))])
    assert scored.column("probs").to_pylist() == [[2 * i, 2 * i + 1] for i in range(50)]


def test_asking_for_the_schema_loads_no_tensorflow(exported):
    code = (
        "import sys, pyarrow as pa; from apps_rec.serving import arrow_scorer; "
        f"print(len(arrow_scorer({str(exported)!r}).schema(pa.schema([])).names), 'tensorflow' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "6 False\n"
    )
