"""Files of vectors: every way to store them, and what is wrong with others."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps_rec.data.formats import vectors
from apps_rec.data.formats.vectors import read_vectors
from apps_rec.errors import DataError

VALUES = [[1.0, 2.0], [-0.5, 0.0], [3.25, 1e-30]]


def read(path, id_type=None, dim=2):
    found = list(read_vectors(str(path), "id", "vector", id_type or pa.string(), dim))
    return [one for part in found for one in part.ids.to_pylist()], np.concatenate([part.vectors for part in found])


@pytest.fixture
def write(tmp_path):
    """Return what writes ids and vectors."""

    def make(ids, values, **options):
        pq.write_table(
            pa.table({"id": ids, "vector": values, "other": [0] * len(ids)}), tmp_path / "v.parquet", **options
        )
        return tmp_path / "v.parquet"

    return make


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float32()),
        pa.list_(pa.float32(), 2),
        pa.large_list(pa.float64()),
        pa.list_(pa.float64(), 2),
        pa.list_(pa.float16()),
    ],
    ids=str,
)
def test_every_kind_of_list(write, kind):
    path = write(["a", "b", "c"], pa.array([[np.float16(x) for x in row] for row in VALUES], kind))
    ids, found = read(path)
    assert ids == ["a", "b", "c"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(VALUES, np.float16).astype(np.float32))


def test_lists_of_whole_numbers_and_ids_of_other_types(write):
    path = write(pa.array(["7", "8"]).dictionary_encode(), pa.array([[1, 2], [3, 4]], pa.list_(pa.int8())))
    assert read(path, pa.int64())[0] == [7, 8]
    path = write(pa.array([7, 8], pa.int16()), pa.array([[1, 2], [3, 4]], pa.list_(pa.int64())))
    ids, found = read(path)
    assert ids == ["7", "8"]
    assert found.tolist() == [[1, 2], [3, 4]]


def test_rows_come_in_parts(write, monkeypatch):
    monkeypatch.setattr(vectors, "_NUMBERS", 6)
    path = write([str(at) for at in range(10)], [[at, -at] for at in range(10)], row_group_size=4)
    parts = list(read_vectors(str(path), "id", "vector", pa.string(), 2))
    assert max(len(part.ids) for part in parts) == 3
    assert [part.first_row for part in parts] == np.cumsum([1, *(len(part.ids) for part in parts[:-1])]).tolist()
    assert read(path)[1].tolist() == [[at, -at] for at in range(10)]


@pytest.mark.parametrize(
    ("ids", "values", "said"),
    [
        (["a", None], [[1.0, 2.0]] * 2, 'row 2, column "id": expected an id, got a missing one'),
        (["a", "b"], [[1.0, 2.0], None], 'row 2, column "vector": expected a vector, got a missing one'),
        (["a", "b"], [[1.0, 2.0], [1.0]], 'row 2, column "vector": expected 2 numbers, the embedding_dim of the feat'),
        (["a", "b"], [[1.0, 2.0], [1.0, None]], 'row 2, column "vector": expected finite numbers of 32 bits'),
        (["a", "b"], [[1.0, float("nan")], [1.0, 2.0]], 'row 1, column "vector": expected finite numbers of 32 bits'),
        (["a", "b"], [[1.0, 2.0], [float("-inf"), 2.0]], 'row 2, column "vector": expected finite numbers'),
        (["a"], [[1e39, 2.0]], 'row 1, column "vector": expected finite numbers of 32 bits'),
        (["a"], ["1|2"], 'column "vector": expected lists of numbers, got string'),
        (["a"], [["1", "2"]], 'column "vector": expected lists of numbers, got list'),
    ],
)
def test_what_is_no_vector(write, ids, values, said):
    path = write(ids, values)
    with pytest.raises(DataError) as error:
        read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_ids_that_are_no_numbers(write):
    with pytest.raises(
        DataError, match=r'column "id": expected ids of type int64, as the feature.s column has, got str'
    ):
        read(write(["7", "x"], [[1.0, 2.0]] * 2), pa.int64())


def test_columns_and_files_that_are_not_there(write, tmp_path):
    path = write(["a"], [[1.0, 2.0]])
    with pytest.raises(
        DataError, match=r'no column "vectr"; expected one. Columns are id, vector, other. Did you mean "v'
    ):
        list(read_vectors(str(path), "id", "vectr", pa.string(), 2))
    (tmp_path / "text.parquet").write_text("id,vector\n")
    with pytest.raises(DataError, match=r"text.parquet: expected a Parquet file"):
        list(read_vectors(str(tmp_path / "text.parquet"), "id", "vector", pa.string(), 2))
