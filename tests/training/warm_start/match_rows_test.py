import numpy as np
import pytest

from apps_rec.features.specs import (
    BucketFeature,
    CrossFeature,
    HashIds,
    IdFeature,
    ListFeature,
    NumberFeature,
    NumberIds,
    VocabularyIds,
)
from apps_rec.training.warm_start.match_rows import MatchedRows, match_rows, table_meanings


def match(before, now):
    (a,), (b,) = (table_meanings([spec]).values() for spec in (before, now))
    taken, rows_before, rows_now = match_rows("t", a, b)
    return taken, list(zip(rows_before.tolist(), rows_now.tolist(), strict=True))


def ids(way):
    return IdFeature("f", "f", way, "t", 4)


def test_numbers_keep_their_row_and_the_unknown_stays_unknown():
    taken, pairs = match(ids(NumberIds(3)), ids(NumberIds(5)))
    assert pairs == [(0, 0), (1, 1), (2, 2), (3, 5)]
    assert taken == MatchedRows("table", "t", "resized", rows_restored=4, rows_new=2, rows_dropped=0)
    taken, pairs = match(ids(NumberIds(5)), ids(NumberIds(3)))
    assert pairs == [(0, 0), (1, 1), (2, 2), (5, 3)]
    assert taken == MatchedRows("table", "t", "resized", rows_restored=4, rows_new=0, rows_dropped=2)
    assert str(taken) == "table t: resized, 4 rows restored, 2 rows dropped"


def test_words_are_looked_up():
    taken, pairs = match(ids(VocabularyIds(("a", "b", "c"))), ids(VocabularyIds(("c", "x", "a", "y"))))
    assert sorted(pairs) == [(0, 2), (2, 0), (3, 4)]
    assert taken == MatchedRows("table", "t", "resized", rows_restored=3, rows_new=2, rows_dropped=1)


def test_vocabularies_without_a_common_word_share_the_unknown_alone():
    taken, pairs = match(ids(VocabularyIds(("a",))), ids(VocabularyIds(("b",))))
    assert pairs == [(1, 1)]
    assert (taken.rows_restored, taken.rows_new, taken.rows_dropped) == (1, 1, 1)


@pytest.mark.parametrize("way", [HashIds(7), NumberIds(6), VocabularyIds(tuple("abcdef"))])
def test_what_is_unchanged_is_restored_as_a_whole(way):
    taken, pairs = match(ids(way), ids(way))
    assert taken == MatchedRows("table", "t", "restored", 7)
    assert pairs == [(i, i) for i in range(7)]


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (ids(HashIds(7)), ids(HashIds(8)), "hash_bucket_size was 7, is 8: every id hashes to another row"),
        (ids(HashIds(7)), ids(NumberIds(6)), "its ids are made in another way, so that a row stands for other ids"),
        (
            BucketFeature("f", "f", (1.0, 2.0), "t", 4),
            BucketFeature("f", "f", (1.0, 3.0), "t", 4),
            "its ids are made in another way, so that a row stands for other ids",
        ),
        (
            CrossFeature("f", ("a", "b"), "_", HashIds(7), "t", 4),
            CrossFeature("f", ("b", "a"), "_", HashIds(7), "t", 4),
            "its ids are made in another way, so that a row stands for other ids",
        ),
    ],
)
def test_rows_that_stand_for_other_ids_are_dropped(before, now, reason):
    taken, pairs = match(before, now)
    assert pairs == []
    assert taken == MatchedRows("table", "t", "new", 0, now.num_ids, before.num_ids, reason)


def test_features_of_one_table_have_one_meaning():
    shared = [
        IdFeature("app", "app", NumberIds(9), "apps", 4),
        ListFeature("history", "history", NumberIds(9), "apps", 4, max_length=3),
        NumberFeature("price", "price", dim=4),
    ]
    (meaning,) = table_meanings(shared).values()
    assert (meaning.ways, meaning.rows) == ({NumberIds(9)}, 10)
    assert match_rows("apps", meaning, table_meanings(shared[:1])["apps"])[0].status == "restored"


def test_rows_are_whole_numbers():
    _, rows, _ = match_rows("t", *(table_meanings([ids(VocabularyIds(words))])["t"] for words in (("a",), ("b",))))
    assert rows.dtype == np.int64
