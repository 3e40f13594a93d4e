"""Vocabularies and bounds that no row has are said at the end of the pass, once."""

import numpy as np
import pyarrow as pa
import pytest

from apps_rec.data.rows.stream import RowStream
from apps_rec.data.rows.unseen import Vocabulary
from apps_rec.data.schema import Column, RowFilter, Schema
from apps_rec.errors import NoRowsError
from apps_rec.features import Preprocessor, build_features
from apps_rec.training.input import evaluation_dataset, training_dataset, training_source

DAY, AGE = Column("day"), Column("age", "INT64", 0)


def told(caplog):
    return [record.getMessage() for record in caplog.records if "no row" in record.getMessage()]


@pytest.mark.parametrize(
    ("array", "words", "lists", "is_seen"),
    [
        (pa.array([b"a", b"\xc3\xa4", b""], pa.large_binary()), ("ä",), (), True),
        (pa.array([b"a ", b"A", b""], pa.large_binary()), ("a",), (), False),
        (pa.array([b"a", b""], pa.large_binary()), ("",), (), True),
        (np.array([7, -3], np.int64), ("-3",), (), True),
        (np.array([7, 33], np.int32), ("3", "-7"), (), False),
        (np.array([True]), ("true",), (), True),
        (np.array([True]), ("false",), (), False),
        (pa.array([b"x|y", b"z"], pa.large_binary()), ("y",), ("|",), True),
        (pa.array([b"x|y", b"z"], pa.large_binary()), ("x|y", "yz"), ("|",), False),
        # Cut at the last separator, as the value may hold one; a value may have no weight.
        (pa.array([b"a:b:0.5|c"], pa.large_binary()), ("a:b",), ("|", ":"), True),
        (pa.array([b"a:b:0.5|c"], pa.large_binary()), ("c",), ("|", ":"), True),
        (pa.array([b"a:b:0.5|c"], pa.large_binary()), ("a", "b", "0.5", "a:b:0.5"), ("|", ":"), False),
        (pa.array([b"a^-0.5|c"], pa.large_binary()), ("a",), ("|", "^-"), True),
        (pa.array([], pa.large_binary()), ("a",), ("|", ":"), False),
    ],
)
def test_a_word_is_seen_where_a_value_is_it(array, words, lists, is_seen):
    assert Vocabulary("f", "c", words, *lists).is_seen(array) == is_seen


def write_days(tmp_path, rows=40_000):
    path = tmp_path / "days.csv"
    path.write_text("day,age\n" + "".join(f"2026-11-{1 + i * 30 // rows:02d},{i}\n" for i in range(rows)))
    return [str(path)]


def test_bounds_that_no_row_lies_between(tmp_path, caplog):
    files = write_days(tmp_path)
    filters = (
        RowFilter(DAY, (), True, low=b"2026-11-30"),  # rows of the last chunk alone
        RowFilter(AGE, (), True, low=5, high=39_999),
        RowFilter(AGE, (), True, low=-9, high=100),
        RowFilter(DAY, (), True, high=b"2025-01-01"),
    )
    schema = Schema((AGE,), input_type="csv", with_header=True, declared=(DAY, AGE), filters=filters[:2])
    list(RowStream(files, schema, 1000).batches())
    assert told(caplog) == []
    stream = RowStream(files, Schema(**{**vars(schema), "filters": filters}), 1000)
    stream.watch([Vocabulary("first", "age", ("no age",))])
    with pytest.raises(NoRowsError) as raised:
        list(stream.batches())
    # The reason alone: that no row had a word says nothing of words where no row is left.
    assert told(caplog) == []
    assert str(raised.value) == (
        f"{files[0]}: no rows are left: 40000 rows read, 40000 filtered out; "
        'row_filter of "age": no row that passed the filters before it was within from: "-9" to: "100"; '
        'row_filter of "day": no row that passed the filters before it was within to: "2025-01-01". '
        "Correct the filter, or do without: --set data_config.row_filter=; "
        "evaluate --input FILE measures all rows of a file"
    )
    # Each filter has its rows, and together they leave none.
    days = tuple(f"2026-11-{day:02d}".encode() for day in range(1, 30))
    filters = (RowFilter(AGE, (), True, high=39_999), RowFilter(DAY, (*days, b"2026-11-30"), False))
    with pytest.raises(NoRowsError, match=r"; by the row_filter of age and day\. Correct the filter"):
        list(RowStream(files, Schema(**{**vars(schema), "filters": filters}), 1000).batches())


def test_a_vocabulary_is_looked_for_until_a_word_is_found(tmp_path, caplog, monkeypatch):
    looks = []
    is_seen = Vocabulary.is_seen
    monkeypatch.setattr(
        Vocabulary, "is_seen", lambda self, array: looks.append((self.feature, len(array))) or is_seen(self, array)
    )
    schema = Schema((DAY, AGE), input_type="csv", with_header=True, declared=(DAY, AGE))
    stream = RowStream(write_days(tmp_path), schema, 1000)
    stream.watch(
        [
            Vocabulary("first", "day", ("2026-11-01",)),
            Vocabulary("last", "age", ("x", "39999")),
            Vocabulary("never", "age", tuple(map(str, range(-1, -8, -1)))),
        ]
    )
    for epoch in range(2):
        list(stream.batches(epoch))
    chunks = [size for feature, size in looks if feature == "last"]
    assert sum(chunks) == 40_000
    assert [size for feature, size in looks if feature == "first"] == chunks[:1]
    assert [size for feature, size in looks if feature == "never"] == chunks
    assert told(caplog) == [
        'feature "never": no row had a word of its vocabulary ("-1", "-2", "-3", "-4", "-5" and 2 more) in "age": '
        "each value counts as unknown"
    ]


def test_training_and_evaluation_say_it_of_every_feature_with_words(tiny, caplog):
    (tiny.folder / "words.txt").write_text("FUN\nSpiele\n", encoding="utf-8")
    text = tiny.config.read_text(encoding="utf-8")
    tiny.config.write_text(text.replace("hash_bucket_size: 50", 'vocab_list: "t1:0"'), encoding="utf-8")
    message = tiny.load().message
    preprocessor = Preprocessor(build_features(message))
    wanted = [
        'feature "word": no row had a word of its vocabulary ("FUN", "Spiele") in "word": each value counts as unknown',
        'feature "tags": no row had a word of its vocabulary ("t1:0") in "tags": each value counts as unknown',
    ]
    source = training_source(message)
    training_dataset(message, preprocessor, source)
    list(source.steps(0))
    assert told(caplog) == wanted
    caplog.clear()
    list(evaluation_dataset(message, preprocessor)[0])
    assert told(caplog) == wanted
    caplog.clear()
    list(evaluation_dataset(message, preprocessor, "validate")[0])
    assert told(caplog) == []
