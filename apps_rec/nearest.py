"""Suggestions for a word that is not among those expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, options: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Returns the option most like the word, or None when none is.

    Args:
        word: the word that was given.
        options: the words that were expected.
        cutoff: least likeness, from 0 (anything) to 1 (the same).

    Example:
        >>> nearest("batchsize", ["batch_size", "shuffle"])
        'batch_size'
    """
    known = list(dict.fromkeys(options))
    lowered = {option.lower(): option for option in known}
    parts = sorted(word.lower().split("_"))
    turned = next((option for low, option in lowered.items() if sorted(low.split("_")) == parts), None)
    if turned is not None:
        return turned
    close = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=cutoff)
    if close:
        return lowered[close[0]]
    starts = [o for low, o in lowered.items() if len(word) > 1 and (low.startswith(word.lower()))]
    return starts[0] if len(starts) == 1 else None


def did_you_mean(guess: str | None) -> str:
    """Returns the end of a message, with a blank before it; "" where there is no guess.

    Example:
        >>> "expected click." + did_you_mean(nearest("clik", ["click"]))
        'expected click. Did you mean "click"?'
    """
    return f' Did you mean "{guess}"?' if guess else ""
