"""Fields of TorchEasyRec that are read: what each holds, and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from apps_rec.config.easyrec.verdict import Verdict, used

AS_THERE = "as in TorchEasyRec"
TEXT, WHOLE, REAL, FLAG = "text", "whole", "real", "flag"


@dataclass(frozen=True)
class Given:
    """A field that is read.

    Attributes:
        holds: TEXT, WHOLE, REAL, FLAG, or the name of a message or of an enum.
        verdict: what is made of it.
        is_list: whether it may be given several times.
        oneof: name of the fields of which a message has one at most; "": it is none of such.
    """

    holds: str
    verdict: Verdict
    is_list: bool = False
    oneof: str = ""


Row = Given | Verdict


def text(reason: str = AS_THERE, is_list: bool = False) -> Given:
    """Says that a field holds a text."""
    return Given(TEXT, used(reason), is_list)


def whole(reason: str = AS_THERE, is_list: bool = False) -> Given:
    """Says that a field holds a whole number."""
    return Given(WHOLE, used(reason), is_list)


def real(reason: str = AS_THERE, is_list: bool = False) -> Given:
    """Says that a field holds a number."""
    return Given(REAL, used(reason), is_list)


def flag(reason: str = AS_THERE) -> Given:
    """Says that a field is true or false."""
    return Given(FLAG, used(reason))


def part(of: str, reason: str = AS_THERE, oneof: str = "") -> Given:
    """Says that a field holds a message, or a value of an enum."""
    return Given(of, used(reason), oneof=oneof)


def parts(of: str, reason: str = AS_THERE) -> Given:
    """Says that a field holds messages."""
    return Given(of, used(reason), is_list=True)
