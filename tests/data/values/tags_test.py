import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import Column, Schema, TagWeights
from apps_rec.errors import DataError
from apps_rec.features import Preprocessor
from apps_rec.features.specs import HashIds, ListFeature

COLUMNS = (Column("tags", list_separator="|"), Column("w", list_separator="|", is_numbers=True))
SECOND = TagWeights("t", "tags", "|", weight_column="w")


def stream(path, tags, **options):
    kind = "csv" if path.suffix == ".csv" else "parquet"
    columns = COLUMNS if tags.weight_column else COLUMNS[:1]
    schema = Schema(columns, input_type=kind, with_header=True, declared=columns, tags=(tags,), **options)
    return RowStream([str(path)], schema, 100)


def csv(tmp_path, *rows):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["tags,w", *rows]) + "\n", encoding="utf-8")
    return path


def message(the_stream):
    with pytest.raises(DataError) as caught:
        list(the_stream.batches())
    return str(caught.value)


FINITE = 'expected finite weights of 0 or more for feature "t", got '
EACH = 'expected a weight for each value of a cell, or for none, for feature "t", got '


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ("1|-0.999", FINITE),
        ("-1|1", FINITE),
        ("1|nan", FINITE),
        ("inf|1", FINITE),
        ("1|1e999", FINITE),
        ("1|heavy", FINITE),
        ("+1|1_0", FINITE),
        ("1|", EACH),
        ("|1", EACH),
        ("1", 'expected one for each value of tags for feature "t", got '),
        ("1|2|3", 'expected one for each value of tags for feature "t", got '),
    ],
)
def test_a_wrong_weight_names_feature_column_and_row(tmp_path, weights, expected):
    path = csv(tmp_path, "a,1", f"a|b,{weights}", "b,2")
    assert message(stream(path, SECOND)).startswith(f'{path}: row 2, column "w": {expected}"{weights}"')
    skipping = stream(path, SECOND, bad_rows="SKIP")
    (batch,) = skipping.batches()
    assert batch.columns["w"].tolist() == [b"1", b"2"]
    assert dict(skipping.counts.dropped) == {"wrong tag weight": 1}
    if (expected != FINITE and "|" not in weights) or weights.count("|") == 2:
        return
    # The same in the form with both in one cell.
    cell = "|".join(
        f"{word}:{weight}" if weight else word for word, weight in zip("ab", weights.split("|"), strict=True)
    )
    path = csv(tmp_path, "a:1,", f"{cell},")
    text = message(stream(path, TagWeights("t", "tags", "|", kv_separator=":")))
    assert text.startswith(f'{path}: row 2, column "tags": {expected}"{cell}"')


def test_right_weights_pass(tmp_path):
    path = csv(tmp_path, "a|b,1|0", "a|b,", "a||b,1||2", ",", "a,+1e-3", "a| b, .5 |5.", "a|b,|", "a,-0.0", "a,1e300")
    (batch,) = stream(path, SECOND).batches()
    assert batch.size == 9
    path = csv(tmp_path, "a:1|http://b:0,", "a|b,", ",", "a:+1,", ":1|a:2,", "a,")
    (batch,) = stream(path, TagWeights("t", "tags", "|", kv_separator=":")).batches()
    assert batch.size == 6
    path = csv(tmp_path, "a::1|b:::2,", "a::1:,")  # its last character is no part of a weight
    assert len(list(stream(path, TagWeights("t", "tags", "|", kv_separator="::")).batches())) == 1


@pytest.mark.parametrize("value", [float("nan"), -1.0, float("inf"), None])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_lists_of_numbers(tmp_path, value, kind):
    path = tmp_path / "rows.parquet"
    weights = pa.array([[0.5, 1.0], None, [1.0, value], []], pa.list_(kind))
    pq.write_table(pa.table({"tags": [["a", "b"], ["c"], ["a", "b"], []], "w": weights}), path)
    assert message(stream(path, SECOND)).startswith(f'{path}: row 3, column "w": expected ')
    # A NaN alone is no missing weight.
    pq.write_table(pa.table({"tags": [["a"]], "w": pa.array([[value]], pa.list_(kind))}), path)
    if value is None:
        assert len(list(stream(path, SECOND).batches())) == 1
    else:
        assert message(stream(path, SECOND)).startswith(f'{path}: row 1, column "w": {FINITE}')


@pytest.mark.parametrize("count", [100, pytest.param(300, marks=pytest.mark.slow)])
def test_reader_and_preprocessor_refuse_the_same_cells(tmp_path, count):
    """Of random cells, those that the reader lets pass are those that the graph takes."""
    draw = np.random.default_rng(4)
    parts = ["a", "b", "", "1", "0.5", "-1", "-0", "nan", "x", " 2 ", "1e400", "1e-400", ".5", "5.", "+3", "::"]
    words = ["|".join(draw.choice(parts[:3], draw.integers(1, 4))) for _ in range(count)]
    weights = ["|".join(draw.choice(["", *parts[3:15]], draw.integers(1, 4))) for _ in range(count)]
    pairs = [
        "|".join("".join(draw.choice([*parts, ":", ":"], draw.integers(0, 4))) for _ in range(2)) for _ in range(count)
    ]
    for tags, columns in (
        (SECOND, {"tags": words, "w": weights}),
        (TagWeights("t", "tags", "|", kv_separator=":"), {"tags": pairs}),
    ):
        spec = ListFeature("t", "tags", HashIds(9), "t", 2, 5, "|", tags.kv_separator, tags.weight_column)
        graph = tf.function(Preprocessor([spec]), autograph=False)
        path = tmp_path / "rows.parquet"
        pq.write_table(pa.table(columns), path)
        skipping = stream(path, tags, bad_rows="SKIP", max_bad_row_share=1.0)
        passed = set(np.concatenate([batch.ends for batch in skipping.batches()]).tolist())
        taken = set()
        for row in range(count):
            try:
                graph({name: tf.constant([cells[row]]) for name, cells in columns.items()})
            except tf.errors.InvalidArgumentError:
                continue
            taken.add(row + 1)
        assert passed == taken
        assert 0.05 < len(passed) / count < 0.95
