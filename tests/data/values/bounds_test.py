import doctest
import re

import numpy as np
import pyarrow as pa
import pytest

from apps_rec.data.schema import Column
from apps_rec.data.values import bounds
from apps_rec.data.values.bounds import within

DATES = ["2026-11-01", "2026-11-02", None, "2026-11-09 23:59:59", "2026-11-10", "", "2025-12-31"]


def texts(values):
    return pa.array([None if value is None else value.encode() for value in values], pa.large_binary())


@pytest.mark.parametrize(
    ("low", "high", "inside"),
    [
        (b"2026-11-01", b"2026-11-10", [0, 1, 3]),  # from is inside, to is not
        (b"2026-11-02", None, [1, 3, 4]),
        (None, b"2026-11-02", [0, 6]),
        (b"2026", b"2026-11-02", [0]),
    ],
)
def test_dates_are_compared_as_text(low, high, inside):
    compared = within(texts(DATES), Column("day"), low, high)
    assert np.flatnonzero(compared.inside).tolist() == inside
    assert np.flatnonzero(compared.missing).tolist() == [2, 5]
    assert compared.problems == []


@pytest.mark.parametrize(
    ("value", "bound"),
    [("1.11.2026", "2026-11-01"), ("2026-11-1", "2026-11-01"), ("10", "5"), ("2026/11/01", "2026-11-01"), ("x", "5")],
)
def test_a_text_of_another_form_is_a_wrong_cell(value, bound):
    compared = within(texts([bound, value, None]), Column("day"), bound.encode(), None)
    (problem,) = compared.problems
    assert problem.mask.tolist() == [False, True, False]
    assert (
        problem.describe(1) == f'expected a text of the form of "{bound}", with a digit where it has one, got "{value}"'
    )


def test_the_form_agrees_with_a_plain_loop():
    bound = "2026-11-01"
    drawn = np.random.default_rng(3)
    values = ["".join(drawn.choice(list("2016-9 x"), drawn.integers(8, 13))) for _ in range(2000)]
    values += ["2026-12-24", "2026-12-24T10", "2026-12-241", "2026-12-24\n"]

    def fits(value):
        head, rest = value[: len(bound)], value[len(bound) :]
        same = [(a.isdigit() and b.isdigit()) or a == b for a, b in zip(head, bound, strict=False)]
        return len(head) == len(bound) and all(same) and not rest[:1].isdigit()

    problems = within(texts(values), Column("day"), bound.encode(), None).problems
    assert problems[0].mask.tolist() == [not fits(value) for value in values]
    assert sum(map(fits, values)) >= 3


@pytest.mark.parametrize(
    ("column", "array", "low", "high", "inside"),
    [
        (Column("n", "INT64"), pa.array([4, 5, 6, None]), 5, 6, [1]),
        (Column("n", "INT64"), pa.array([2**53, 2**53 + 1]), 2**53 + 1, None, [1]),
        # 4.99 of 32 bits is below 4.99 of 64: they are compared as 32 bits.
        (Column("n", "FLOAT"), pa.array([4.98, 4.99, 5.0], pa.float32()), 4.99, None, [1, 2]),
        (Column("n", "FLOAT"), pa.array([4.98, 4.99, 5.0], pa.float32()), None, 4.99, [0]),
        (Column("n", "DOUBLE"), pa.array([4.98, 4.99, 5.0]), 4.99, 5.0, [1]),
        (Column("n", "INT32", 5, True), pa.array([4, None], pa.int32()), 5, None, [1]),
        (
            Column("day", default=b"2026-01-01", has_default=True),
            texts([None, "", "2025-12-31"]),
            b"2026-01",
            None,
            [0, 1],
        ),
    ],
)
def test_numbers_are_compared_by_value_in_the_columns_type(column, array, low, high, inside):
    compared = within(array, column, low, high)
    assert np.flatnonzero(compared.inside).tolist() == inside
    assert compared.problems == []


def test_docstring_examples_run():
    assert doctest.testmod(bounds).failed == 0
    assert re.search(bounds.form_of("11:5").replace("\\z", "\\Z"), "23:4 h")
