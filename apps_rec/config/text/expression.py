"""The expression of an ExprFeature: its text -> a tree of known operators and functions, of which nothing is executed.

expression = any ("|" any)...        any        = both: all ("&" all)...
all        = sum [(">" | ">=" | "<" | "<=" | "==" | "!=") sum]
sum        = product (("+" | "-") product)...
product    = sign (("*" | "/") sign)...
sign       = ("-" | "+" | "!") sign | number | column | function "(" any ("," any)... ")" | "(" any ")"
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

# Letters, brackets and signs inside one another, operators and functions: an expression is walked by recursion.
LONGEST, DEEPEST, MOST = 2000, 40, 200

# What "|", "&", comparisons and signs make of operands; `where` gives what its second and third argument give.
CONDITIONS = {"|", "&", "!"}
COMPARISONS = {">", ">=", "<", "<=", "==", "!="}
# Function -> least and most number of arguments.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "abs": (1, 1),
    "sqrt": (1, 1),
    "log": (1, 1),
    "log1p": (1, 1),
    "exp": (1, 1),
    "floor": (1, 1),
    "ceil": (1, 1),
    "min": (2, 16),
    "max": (2, 16),
    "where": (3, 3),
}
_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[^\W\d]\w*")
_OPERATORS = (">=", "<=", "==", "!=", ">", "<", "+", "-", "*", "/", "&", "|", "!", "(", ")", ",")
# Spellings of other languages, and what to write.
_OTHERS = {"&&": "&", "||": "|", "=": "==", "<>": "!=", "**": "products, such as a * a", "//": "floor(a / b)"}
_OTHER_WORDS = {"and": "&", "or": "|", "not": "!"}


@dataclass(frozen=True)
class Number:
    """A number that stands in the expression. `at` is the column of its first letter, from 1."""

    value: float
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Name:
    """A column's value."""

    column: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """An operator or a function of the table with its arguments; "-" of one argument is the sign."""

    function: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False)


Node = Number | Name | Call


class ExpressionError(Exception):
    """A mistake in an expression.

    Attributes:
        at: column of the mistake in the text, from 1.
        text: what was expected.
        name: the name that is not known; None: the mistake is another.
    """

    def __init__(self, at: int, text: str, name: str | None = None) -> None:
        super().__init__(f"column {at}: {text}")
        self.at, self.text, self.name = at, text, name


def parse_expression(text: str, columns: Collection[str]) -> Node:
    """Returns the tree of an expression.

    Args:
        text: the expression.
        columns: names that it may hold.

    Raises:
        ExpressionError: the text is no expression of these names.

    Example:
        >>> parse_expression("age >= 2 * 9", ["age"]).function
        '>='
    """
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST, f"expected at most {LONGEST:,} letters, got {len(text):,}.")
    return _Parser(text, columns).whole()


def columns_in(node: Node) -> Iterator[str]:
    """Yields the columns that an expression reads, as often as it names them."""
    if isinstance(node, Name):
        yield node.column
    elif isinstance(node, Call):
        for argument in node.arguments:
            yield from columns_in(argument)


def check_kinds(node: Node, truths: Collection[str]) -> bool:
    """Tells whether an expression is a condition, true or false, and not a number.

    A condition counts as 0 or 1 wherever a number is expected.

    Args:
        node: the expression.
        truths: columns that are true or false.

    Raises:
        ExpressionError: a number stands where a condition is expected.
    """
    if not isinstance(node, Call):
        return isinstance(node, Name) and node.column in truths
    kinds = [check_kinds(argument, truths) for argument in node.arguments]
    if node.function in CONDITIONS:
        wanted = list(zip(node.arguments, kinds, strict=True))
    else:
        wanted = [(node.arguments[0], kinds[0])] if node.function == "where" else []
    for argument, is_condition in wanted:
        if not is_condition:
            text = f'expected a condition, such as a comparison, beside "{node.function}", got a number.'
            raise ExpressionError(argument.at, text)
    if node.function == "where":
        return kinds[1] and kinds[2]
    return node.function in CONDITIONS | COMPARISONS


class _Parser:
    """Reads an expression from left to right, one function a rule of the grammar."""

    def __init__(self, text: str, columns: Collection[str]) -> None:
        self._text = text
        # The longest first: a name may begin like another.
        self._columns = sorted(columns, key=len, reverse=True)
        self._at = self._depth = self._calls = 0

    def whole(self) -> Node:
        node = self._any()
        if self._at < len(self._text):
            word = _WORD.match(self._text, self._at)
            self._refuse_word(word[0] if word else "")
            raise self._refusal("expected an operator or the end")
        return node

    def _any(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(self._at + 1, f"expected at most {DEEPEST} brackets and signs inside one another.")
        node = self._both()
        while at := self._take("|"):
            node = self._call("|", (node, self._both()), at)
        self._depth -= 1
        return node

    def _both(self) -> Node:
        node = self._comparison()
        while at := self._take("&"):
            node = self._call("&", (node, self._comparison()), at)
        return node

    def _comparison(self) -> Node:
        node = self._sum()
        if not (operator := self._next_of(COMPARISONS)):
            return node
        at = self._take(operator)
        node = self._call(operator, (node, self._sum()), at)
        if self._next_of(COMPARISONS):
            text = 'one comparison stands behind another; expected "&" between two: (a < b) & (b < c).'
            raise ExpressionError(self._at + 1, text)
        return node

    def _sum(self) -> Node:
        node = self._product()
        while operator := self._next_of({"+", "-"}):
            at = self._take(operator)
            node = self._call(operator, (node, self._product()), at)
        return node

    def _product(self) -> Node:
        node = self._sign()
        while operator := self._next_of({"*", "/"}):
            at = self._take(operator)
            node = self._call(operator, (node, self._sign()), at)
        return node

    def _sign(self) -> Node:
        signs = []
        while operator := self._next_of({"+", "-", "!"}):
            signs.append((operator, self._take(operator)))
        if len(signs) > DEEPEST:
            raise ExpressionError(
                signs[DEEPEST][1], f"expected at most {DEEPEST} brackets and signs inside one another."
            )
        node = self._operand()
        for sign, at in reversed(signs):
            node = node if sign == "+" else self._call(sign, (node,), at)
        return node

    def _operand(self) -> Node:
        if self._take("("):
            node = self._any()
            self._expect(")")
            return node
        at = self._at + 1
        if match := _NUMBER.match(self._text, self._at):
            self._move(match.end())
            value = float(match[0])
            if value > 1e300:
                raise ExpressionError(at, f'"{match[0][:40]}" is too large; expected at most 1e300.')
            return Number(value, at)
        for name in self._columns:
            end = self._at + len(name)
            if self._text.startswith(name, self._at) and not (_is_letter(name[-1:]) and self._is_letter_at(end)):
                self._move(end)
                return Name(name, at)
        if match := _WORD.match(self._text, self._at):
            return self._function(match[0], at)
        raise self._refusal('expected a number, a column or "("')

    def _function(self, word: str, at: int) -> Node:
        if word not in FUNCTIONS:
            self._refuse_word(word)
            raise ExpressionError(at, f'"{word[:80]}" is neither a column of input_names nor a function.', word)
        self._move(self._at + len(word))
        self._expect("(")
        arguments = [self._any()]
        while self._take(","):
            arguments.append(self._any())
        self._expect(")")
        least, most = FUNCTIONS[word]
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise ExpressionError(at, f"{word} takes {wanted} values, got {len(arguments)}.")
        return self._call(word, tuple(arguments), at)

    def _call(self, function: str, arguments: tuple[Node, ...], at: int) -> Call:
        self._calls += 1
        if self._calls > MOST:
            raise ExpressionError(at, f"expected at most {MOST} operators and functions.")
        return Call(function, arguments, at)

    def _next_of(self, operators: Collection[str]) -> str:
        """Returns the operator that comes next, if it is one of these; "" otherwise."""
        self._skip_blanks()
        for other in _OTHERS:
            if self._text.startswith(other, self._at) and not any(
                self._text.startswith(known, self._at) and len(known) > len(other) for known in _OPERATORS
            ):
                raise ExpressionError(self._at + 1, f'expected {_instead(other)}, got "{other}".')
        known = next((one for one in _OPERATORS if self._text.startswith(one, self._at)), "")
        return known if known in operators else ""

    def _take(self, operator: str) -> int:
        """Moves behind an operator if it comes next, and returns its column; else 0."""
        if self._next_of({operator}):
            at = self._at + 1
            self._move(self._at + len(operator))
            return at
        return 0

    def _expect(self, operator: str) -> None:
        if not self._take(operator):
            raise self._refusal(f'expected "{operator}"')

    def _refuse_word(self, word: str) -> None:
        if word in _OTHER_WORDS:
            raise ExpressionError(self._at + 1, f'expected "{_OTHER_WORDS[word]}", got "{word}".')

    def _refusal(self, expected: str) -> ExpressionError:
        rest = self._text[self._at :]
        got = f'got "{rest[:20]}"' if rest else "the expression ends here"
        return ExpressionError(self._at + 1, f"{expected}, {got}.")

    def _move(self, to: int) -> None:
        self._at = to
        self._skip_blanks()

    def _skip_blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _is_letter_at(self, place: int) -> bool:
        return place < len(self._text) and _is_letter(self._text[place])


def _is_letter(letter: str) -> bool:
    return letter == "_" or letter.isalnum()


def _instead(other: str) -> str:
    return f'"{_OTHERS[other]}"' if len(_OTHERS[other]) < 3 else _OTHERS[other]
