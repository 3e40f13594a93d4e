"""Expressions: what they mean, and for each mistake its place and what was expected."""

import pytest

from apps_rec.config.text.expression import Call, Name, Number, check_kinds, columns_in, parse_expression
from apps_rec.config.text.expression import ExpressionError as Mistake

A, B, C = Name("a"), Name("b"), Name("a b")


def read(text):
    return parse_expression(text, ["a", "b", "a b", "preis (€)", "min"])


MEANINGS = [
    ("a >= 1", Call(">=", (A, Number(1)))),
    # The longest name, as it stands.
    ("a b<a", Call("<", (C, A))),
    ("preis (€) * 2", Call("*", (Name("preis (€)"), Number(2)))),
    # A column hides a function of its name.
    ("min+1.5e-3", Call("+", (Name("min"), Number(0.0015)))),
    # Products bind before sums, sums before comparisons, these before &, & before |; else from left to right.
    ("a - b - 1 * 2", Call("-", (Call("-", (A, B)), Call("*", (Number(1), Number(2)))))),
    ("a / b / 2", Call("/", (Call("/", (A, B)), Number(2)))),
    (
        "a<1|b>2&a==b",
        Call("|", (Call("<", (A, Number(1))), Call("&", (Call(">", (B, Number(2))), Call("==", (A, B)))))),
    ),
    ("-(a + +b)", Call("-", (Call("+", (A, B)),))),
    ("!(a != .5) ", Call("!", (Call("!=", (A, Number(0.5))),))),
    ("where(a > b, max(a, b, 0), -1)", Call(
        "where", (Call(">", (A, B)), Call("max", (A, B, Number(0))), Call("-", (Number(1),)))
    )),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_meanings(text, tree):
    assert read(text) == tree


def test_columns_of_an_expression():
    assert list(columns_in(read("a + abs(b) > a"))) == ["a", "b", "a"]
    assert read("  a").at == 3
    assert read("a > (b + 1)").arguments[1].at == 8


def test_conditions_and_numbers():
    assert check_kinds(read("(a > 1) & !b"), ["b"])
    assert not check_kinds(read("(a > 1) + b"), ["b"])
    assert check_kinds(read("where(b, a > 1, b)"), ["b"])
    assert not check_kinds(read("where(b, a, b)"), ["b"])


MISTAKES = [
    ("", 1, 'expected a number, a column or "(", the expression ends here.'),
    ("a >", 4, 'expected a number, a column or "(", the expression ends here.'),
    ("a > > b", 5, 'expected a number, a column or "(", got "> b".'),
    ("a = 3", 3, 'expected "==", got "=".'),
    ("a && b", 3, 'expected "&", got "&&".'),
    ("a || b", 3, 'expected "|", got "||".'),
    ("a <> b", 3, 'expected "!=", got "<>".'),
    ("a ** 2", 3, 'expected products, such as a * a, got "**".'),
    ("a // 2", 3, 'expected floor(a / b), got "//".'),
    ("a > 1 and b", 7, 'expected "&", got "and".'),
    ("not a", 1, 'expected "!", got "not".'),
    ("a < b < 2", 7, 'one comparison stands behind another; expected "&" between two: (a < b) & (b < c).'),
    ("(a + b", 7, 'expected ")", the expression ends here.'),
    ("a + b)", 6, 'expected an operator or the end, got ")".'),
    ("a.real", 2, 'expected an operator or the end, got ".real".'),
    ("a[0]", 2, 'expected an operator or the end, got "[0]".'),
    ("'x' == a", 1, 'expected a number, a column or "(", got "\'x\' == a".'),
    ("abs 1", 5, 'expected "(", got "1".'),
    ("abs(a, b)", 1, "abs takes 1 values, got 2."),
    ("max(a)", 1, "max takes 2 to 16 values, got 1."),
    ("ab > 1", 1, '"ab" is neither a column of input_names nor a function.'),
    ("__import__('os')", 1, '"__import__" is neither a column of input_names nor a function.'),
    ("lambda: a", 1, '"lambda" is neither a column of input_names nor a function.'),
    ("1e999", 1, '"1e999" is too large; expected at most 1e300.'),
    ("(" * 41 + "a", 41, "expected at most 40 brackets and signs inside one another."),
    ("-" * 41 + "a", 41, "expected at most 40 brackets and signs inside one another."),
    ("a" + "+1" * 201, 402, "expected at most 200 operators and functions."),
    ("a+" * 1001, 2000, "expected at most 2,000 letters, got 2,002."),
]


@pytest.mark.parametrize(("text", "at", "expected"), MISTAKES, ids=[text[:20] for text, _, _ in MISTAKES])
def test_mistakes_have_their_place(text, at, expected):
    with pytest.raises(Mistake) as caught:
        read(text)
    assert (caught.value.at, caught.value.text) == (at, expected)


@pytest.mark.parametrize(
    ("text", "at"), [("a & b > 1", 1), ("(a > 1) | (b + 1)", 14), ("!a", 2), ("where(a, 1, 2)", 7)]
)
def test_a_number_is_no_condition(text, at):
    with pytest.raises(
        Mistake, match=r"expected a condition, such as a comparison, beside .*, got a number\."
    ) as caught:
        check_kinds(read(text), [])
    assert caught.value.at == at
