"""Expressions of the feature generator, in this package's words."""

import math

import pytest

from apps_rec.config.text.expression import Call, Name, Number, parse_expression
from apps_rec.config.torcheasyrec.features.formula import FormulaError, formula

_DO = {
    "+": lambda a, b: a + b,
    "-": lambda a, b=None: -a if b is None else a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    ">": lambda a, b: float(a > b),
    "<": lambda a, b: float(a < b),
    "==": lambda a, b: float(a == b),
    "&": lambda a, b: float(bool(a and b)),
    "|": lambda a, b: float(bool(a or b)),
    "where": lambda a, b, c: b if a else c,
    "log": math.log,
    "exp": math.exp,
    "ceil": math.ceil,
    "floor": math.floor,
    "max": max,
}


def value(node, columns):
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return columns[node.column]
    assert isinstance(node, Call)
    return _DO[node.function](*(value(one, columns) for one in node.arguments))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", 10.0),
        ("a == 4 && b < 2 ? 1 : 0", 0.0),
        ("a == 4 || b < 2 ? 1 : 0", 1.0),
        ("a > 9 ? 1 : b > 2 ? 2 : 3", 2.0),
        ("(a > 1 ? a : b) * 2", 8.0),
        ("log10(a * 25)", 2.0),
        ("log2(a)", 2.0),
        ("ln(a / 4)", 0.0),
        ("sigmoid(a - 4)", 0.5),
        ("sign(b - 9)", -1.0),
        ("round(0 - 2.5)", -3.0),
        ("trunc(a / 3)", 1.0),
        ("max(a, b)", 4.0),
    ],
)
def test_it_has_the_value_that_it_has_there(text, expected):
    columns = {"a": 4.0, "b": 3.0}
    assert value(parse_expression(formula(text), columns), columns) == pytest.approx(expected)


def test_variables_are_renamed():
    assert formula("x > 0 ? x : 0", {"x": "price"}) == "where(price > 0, price, 0)"


@pytest.mark.parametrize("text", ["a ^ 2", "a ? 1", "(a", "a)", "a $ b", "'a'"])
def test_what_has_no_like_is_said(text):
    with pytest.raises(FormulaError):
        formula(text)
