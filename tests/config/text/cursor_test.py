"""What is skipped of a config's text, and what comes behind it."""

import pytest

from apps_rec.config.text.cursor import Cursor
from apps_rec.config.text.tokens import tokenize


def rest(cursor):
    """The tokens that are still to come."""
    found = []
    while cursor.peek():
        found.append(cursor.pop().text)
    return found


def test_tokens_come_in_order():
    cursor = Cursor(tokenize("a: 1 }"))
    assert (cursor.peek().text, cursor.peek(1).text, cursor.peek(4)) == ("a", ":", None)
    assert cursor.starts_field()
    assert cursor.pop().text == "a"
    assert not cursor.starts_field()
    assert not cursor.take("}", ">")
    assert cursor.take(":", "=")
    assert not cursor.looking_at("1")  # a number is no symbol
    assert rest(cursor) == ["1", "}"]
    assert not cursor.looking_at("}")


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("3 b: 4", ["b", ":", "4"]),
        ("{ a: [1, 2] c < > } b: 4", ["b", ":", "4"]),
        ("[{ a: 1 }, { }] b", ["b"]),
        ("} b", ["b"]),
        ("{ a: 1", []),
        ("", []),
    ],
)
def test_a_value_is_skipped_with_all_it_holds(text, behind):
    cursor = Cursor(tokenize(text))
    cursor.skip_value()
    assert rest(cursor) == behind


def test_the_rest_of_a_value_whose_bracket_is_taken():
    cursor = Cursor(tokenize("[a, [b]] c"))
    cursor.pop()
    cursor.skip_value(depth=1)
    assert rest(cursor) == ["c"]


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("a b { c\nd } e\nf", ["e", "f"]),  # a value that began on the line goes with it
        ("a b } c\nd", ["}", "c", "d"]),
        ("a b\nc", ["c"]),
    ],
)
def test_a_line_is_skipped_up_to_a_closing_brace(text, behind):
    cursor = Cursor(tokenize(text))
    cursor.skip_line(1)
    assert rest(cursor) == behind


@pytest.mark.parametrize(
    ("text", "skipped", "behind"),
    [
        ("of words num: 3", True, ["num", ":", "3"]),
        ("of, words", True, [",", "words"]),
        ("num: 3", False, ["num", ":", "3"]),
        ("} a", False, ["}", "a"]),
        ("of words\nmore", True, ["more"]),
    ],
)
def test_words_without_quotes_are_skipped_up_to_the_next_field(text, skipped, behind):
    cursor = Cursor(tokenize(text))
    assert cursor.skip_rest(1) is skipped
    assert rest(cursor) == behind
