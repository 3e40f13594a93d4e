"""Cells that map keys to values: a bad one is named with its file, row and column, as the graph refuses it."""

import pytest
import tensorflow as tf

from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, MapCells, Schema
from apps_rec.errors import DataError
from apps_rec.features import Preprocessor
from apps_rec.features.specs import CutIds, LookupFeature, NumberIds

CELLS = ["", "a:1", "a:1|b:2", "|a:1||", "a:b:c", "a:x", "b:x", "a:1|a:nan", "a: 2 ", "ü:1|a:+.5"]
WRONG = ["a", "a:", ":1", ":", "a:1|b", " ", "a=1"]
NO_NUMBERS = {"a:b:c", "a:x", "a:1|a:nan"}


def stream(path, are_numbers=False, **options):
    columns = (Column("key"), Column("map", list_separator="|"))
    maps = (MapCells("f", "key", "map", "|", ":", are_numbers),)
    schema = Schema(columns, with_header=True, declared=columns, maps=maps, **options)
    return RowStream([str(path)], schema, 100)


def csv(tmp_path, *cells):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["key,map", *(f"a,{cell}" for cell in cells)]) + "\n", encoding="utf-8")
    return path


def in_graph(cell, are_numbers):
    ids = CutIds((1.0,)) if are_numbers else NumberIds(9)
    preprocessor = Preprocessor([LookupFeature("f", "key", "map", ids, "f", 4, 3, "|", ":")])
    try:
        preprocessor({"key": tf.constant(["a"]), "map": tf.constant([cell])})
    except tf.errors.InvalidArgumentError:
        return False
    return True


@pytest.mark.parametrize("are_numbers", [False, True])
@pytest.mark.parametrize("cell", [*CELLS, *WRONG])
def test_rows_and_graph_refuse_the_same(tmp_path, cell, are_numbers):
    is_good = cell not in WRONG and not (are_numbers and cell in NO_NUMBERS)
    assert in_graph(cell, are_numbers) == is_good
    path = csv(tmp_path, "a:1", cell, "b:2")
    if is_good:
        (batch,) = stream(path, are_numbers).batches()
        assert len(batch.columns["map"]) == 3
        return
    with pytest.raises(DataError) as caught:
        list(stream(path, are_numbers).batches())
    wanted = "pairs such as key:value" if cell in WRONG else "a number as the value of its key"
    assert f'{path}: row 2, column "map": expected {wanted} for feature "f", got "{cell}"' in str(caught.value)


def test_bad_maps_are_counted(tmp_path):
    path = csv(tmp_path, *["a:1"] * 300, "a", *["b:2"] * 3)
    skipping = stream(path, bad_rows="SKIP")
    assert sum(len(batch.columns["map"]) for batch in skipping.batches()) == 303
    assert skipping.counts.dropped == {"wrong map": 1}
