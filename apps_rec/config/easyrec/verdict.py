"""Verdicts on fields, and on values of enums, of EasyRec's configs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

from google.protobuf import text_format

USED, NOTED, REFUSED = "used", "noted", "refused"
Value = bool | int | float | str


@dataclass(frozen=True)
class Verdict:
    """The verdict on a field or on a value of an enum.

    Attributes:
        kind: USED: it is obeyed. NOTED: it changes nothing here, and a note says so. REFUSED: it would change the
            result, and an error says so.
        reason: why, as the end of a sentence that begins with the name; of a refused one, what to write instead.
        harmless: values with which a refused field changes nothing; it is noted then.
        because: the reason of that note.
        reads_as: the value of the enum, one of ours, that this one is read as.
    """

    kind: str
    reason: str
    harmless: tuple[Value, ...] = ()
    because: str = ""
    reads_as: str = ""

    def of(self, written: str | None) -> Verdict:
        """Returns the verdict on one value of the field.

        Args:
            written: the value as text, without quotes; None: a message or a list.
        """
        if written is None or not any(_equal(written, value) for value in self.harmless):
            return self
        return replace(self, kind=NOTED, reason=self.because)

    def unless(self, *harmless: Value, because: str) -> Verdict:
        """Returns a refusal that is a note where the field has one of these values."""
        return replace(self, harmless=harmless, because=because)


class Table(Protocol):
    """A module with verdicts on the fields of another package's configs."""

    # Name of the package.
    OWNER: str

    def fields_of(self, descriptor: Any) -> dict[str, Verdict]:
        """Returns the verdicts on the fields of a message."""

    def verdict_of(self, descriptor: Any, name: str) -> Verdict | None:
        """Returns the verdict on a value of an enum."""

    def messages_with(self, name: str) -> list[str]:
        """Returns the messages that have a field of this name."""


def used(reason: str = "as in EasyRec") -> Verdict:
    """Says that a field is obeyed, and in what it differs."""
    return Verdict(USED, reason)


def noted(reason: str) -> Verdict:
    """Says that a field has no effect, and why."""
    return Verdict(NOTED, reason)


def reads_as(value: str, reason: str) -> Verdict:
    """Says that a value of an enum is read as another."""
    return Verdict(NOTED, f"read as {value}: {reason}", reads_as=value)


def refused(reason: str) -> Verdict:
    """Says that a field would change the result, why it is not obeyed, and what to write instead."""
    return Verdict(REFUSED, reason)


def _equal(written: str, value: Value) -> bool:
    if isinstance(value, str):
        return written == value
    try:
        if isinstance(value, bool):
            # text_format knows true, t, 1 and their capitals.
            return text_format.ParseBool(written) is value
        return float(written) == value
    except ValueError:
        return False
