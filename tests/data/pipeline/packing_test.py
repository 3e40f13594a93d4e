import numpy as np
import pytest
import tensorflow as tf

from apps_rec.data.pipeline.packing import TF_TYPES, Packing, TensorColumns, side_by_side
from apps_rec.data.rows.columns import Columns, record_type
from apps_rec.data.values.number_lists import numbers_of

DTYPES = {
    "a": "INT64",
    "t": "STRING",
    "b": "BOOL",
    "c": "INT64",
    "d": "FLOAT",
    "e": "INT32",
    "f": "DOUBLE",
    "u": "STRING",
}
VALUES = {
    "a": [2**63 - 1, -(2**63), 0],
    "b": [True, False, True],
    "c": [5, 6, 7],
    "d": [1.5, -0.0, 3e38],
    "e": [2**31 - 1, -1, 0],
    "f": [0.1, -1e300, 5e-324],
    "t": [b"x", b"", "東京".encode()],
    "u": [b"1", b"2", b"3"],
}


def packed(names, rows=3):
    """Columns of some of the names, in memory and as they come out on TensorFlow's side."""
    dtypes = {name: DTYPES[name] for name in names}
    records = np.empty(rows, record_type(dtypes, {}))
    for name in records.dtype.names or ():
        records[name] = VALUES[name][:rows]
    texts = {name: np.array(VALUES[name][:rows], object) for name in names if DTYPES[name] == "STRING"}
    packing = Packing(dtypes, {})
    columns = Columns(records, texts)
    backwards = Columns(records[::-1].copy(), {name: text[::-1] for name, text in texts.items()})
    arrays = packing.pack([backwards, columns])
    dataset = tf.data.Dataset.from_generator(lambda: iter([arrays]), output_signature=packing.signature())
    batches = dataset.flat_map(lambda *packed: tf.data.Dataset.from_tensor_slices(packed))
    first, element = batches.map(lambda *packed: dict(packing.unpack(*packed)))
    for name, tensor in element.items():
        np.testing.assert_array_equal(first[name], tensor[::-1])
    return dtypes, element


@pytest.mark.parametrize("names", [tuple(DTYPES), ("a", "c"), ("t", "u"), ("b", "t"), ("e",)])
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_every_column_comes_out_bit_for_bit(names, rows):
    dtypes, element = packed(names, rows)
    assert {name: tensor.dtype for name, tensor in element.items()} == {name: TF_TYPES[dtypes[name]] for name in names}
    for name, tensor in element.items():
        wanted = np.array(VALUES[name][:rows], tensor.dtype.as_numpy_dtype)
        assert tensor.shape == (rows,)
        if DTYPES[name] == "STRING":
            assert tensor.numpy().tolist() == wanted.tolist()
        else:
            assert tensor.numpy().tobytes() == wanted.tobytes()


def test_two_arrays_go_over_whatever_the_number_of_columns():
    packing = Packing(DTYPES, {})
    assert packing.signature() == (
        tf.TensorSpec([None, None, 33], tf.uint8),
        tf.TensorSpec([None, None, 2], tf.string),
    )


@pytest.mark.parametrize("names", [["x", "y", "z"], ["y", "z"], ["z", "x"], ["y"], ["y", "y"]])
def test_side_by_side_is_the_same_from_one_tensor_and_from_many(names):
    block = np.arange(12).reshape(4, 3)
    blocks = TensorColumns({("x", "y", "z"): tf.constant(block), ("w",): tf.zeros([4, 1])})
    apart = TensorColumns({("x", "y"): tf.constant(block[:, :2])}).adding({"z": tf.constant(block[:, 2])})
    plain = {name: tf.constant(block[:, place]) for place, name in enumerate("xyz")}
    wanted = block[:, ["xyz".index(name) for name in names]]
    assert side_by_side(blocks, names).numpy().tolist() == wanted.tolist()
    assert side_by_side(apart, names).numpy().tolist() == wanted.tolist()
    assert side_by_side(plain, names).numpy().tolist() == wanted.tolist()


def test_columns_of_one_type_in_their_order_are_not_taken_apart():
    columns = TensorColumns({("x", "y", "z"): tf.zeros([4, 3], tf.int64)})
    graph = tf.function(lambda: side_by_side(columns, ["x", "y", "z"])).get_concrete_function().graph
    assert not {"Pack", "Unpack", "GatherV2"} & {operation.type for operation in graph.get_operations()}


@pytest.mark.parametrize("dtypes", [{"t": "STRING"}, {"e": "INT32", "t": "STRING"}])
def test_numbers_of_lists_come_out_beside_their_texts(dtypes):
    lists = {"t": 2}
    records = np.zeros(3, record_type(dtypes, lists))
    records[numbers_of("t")] = [[1, -(2**31)], [2**31 - 1, 0], [-1, 5]]
    packing = Packing(dtypes, lists)
    (bytes_, texts) = packing.pack([Columns(records, {"t": np.array([b"", b"x", b""], object)})])
    columns = packing.unpack(tf.constant(bytes_[0]), tf.constant(texts[0]))
    assert columns[numbers_of("t")].numpy().tolist() == [[1, -(2**31)], [2**31 - 1, 0], [-1, 5]]
    assert columns[numbers_of("t")].shape == [3, 2]
    assert columns["t"].numpy().tolist() == [b"", b"x", b""]
