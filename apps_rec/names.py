"""Conversion of a config's names, which may be any text, to names of files, scopes of a graph, arguments and outputs.

It is done only here: a name of a config is never part of a path, a scope or a call as it is.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from collections.abc import Iterable, Sequence

# A file system allows 255 bytes; some are for the text before and after a name.
_FILE_CHARACTERS, _SCOPE_CHARACTERS, _ARGUMENT_CHARACTERS = 120, 120, 60
_DIGEST_CHARACTERS = 16
# Stands for a tower's name in the outputs and metrics of a funnel of two: the product of its towers' probabilities.
PRODUCT = "ctcvr"


def file_name(text: str) -> str:
    """Returns a part of a file's name for a text: a plain text as it is, others percent-encoded, no two alike.

    It is ASCII without separators, never hidden, and at most 120 characters long: a longer one ends in a hash.

    Example:
        >>> [file_name(text) for text in ("app_id", "size mb", "../a")]
        ['app_id', 'size%20mb', '%2E.%2Fa']
    """
    encoded = "".join(
        char if re.fullmatch(r"[A-Za-z0-9_.-]", char) else "".join(f"%{byte:02X}" for byte in _bytes(char))
        for char in text
    )
    if encoded.startswith("."):
        encoded = f"%2E{encoded[1:]}"
    if len(encoded) <= _FILE_CHARACTERS:
        return encoded
    # "%~" encodes no byte, so no other text is encoded like a shortened one.
    return f"{encoded[: _FILE_CHARACTERS - _DIGEST_CHARACTERS - 2]}%~{_digest(text)}"


def scope_name(text: str) -> str:
    """Returns a name that TensorFlow takes for scopes and layers: a plain text as it is, others with a hash.

    Example:
        >>> scope_name("app_id")
        'app_id'
        >>> scope_name("size mb").startswith("size_mb_")
        True
    """
    if re.fullmatch(r"[A-Za-z0-9.][A-Za-z0-9_.-]*", text) and len(text) <= _SCOPE_CHARACTERS:
        return text
    letters = re.sub(r"[^A-Za-z0-9_.-]", "_", text)[: _SCOPE_CHARACTERS - _DIGEST_CHARACTERS - 6]
    return f"{letters if letters[:1].isalnum() else f'name_{letters}'}_{_digest(text)}"


def argument_names(texts: Iterable[str]) -> dict[str, str]:
    """Returns for each text a name of an argument, by Python's and TensorFlow's rules, no two alike.

    Plain texts stay as they are. Names that differ only by case count as alike, as in a graph.

    Example:
        >>> argument_names(["app_id", "size mb", "App_ID", "class"])
        {'app_id': 'app_id', 'size mb': 'size_mb', 'App_ID': 'App_ID_1', 'class': 'input_class'}
    """
    wanted = list(dict.fromkeys(texts))
    # Plain texts first, so that none of them loses its name to another text that is turned into it.
    names: dict[str, str] = {}
    taken: set[str] = set()
    for text in sorted(wanted, key=lambda text: not _is_argument(text)):
        name = text if _is_argument(text) else _as_argument(text)
        while name.lower() in taken:
            name = f"{name}_{len(names)}"
        names[text] = name
        taken.add(name.lower())
    return {text: names[text] for text in wanted}


def product_name(towers: Sequence[str], at: int) -> str:
    """Returns what stands for a tower's name in outputs and metrics of the product of the first towers of a funnel.

    Args:
        towers: names of all towers, from the first step to the last.
        at: place of the last tower in the product, 1 or more.

    Example:
        >>> product_name(["ctr", "cvr"], 1)
        'ctcvr'
        >>> product_name(["ctr", "cvr", "activation"], 2)
        'ctr_to_activation'
    """
    return PRODUCT if len(towers) == 2 else f"{towers[0]}_to_{towers[at]}"


def probability_name(tower: str) -> str:
    """Returns the name of the output that holds a tower's probability.

    Example:
        >>> probability_name("ctr")
        'probs_ctr'
    """
    return f"probs_{tower}"


def logit_name(tower: str) -> str:
    """Returns the name of the output that holds a tower's logit."""
    return f"logits_{tower}"


def _as_argument(text: str) -> str:
    letters = re.sub(r"[^A-Za-z0-9_]", "_", text)[:_ARGUMENT_CHARACTERS]
    is_usable = letters[:1].isalpha() and not keyword.iskeyword(letters) and letters != "self"
    return letters if is_usable else f"input_{letters}"


def _is_argument(text: str) -> bool:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) and len(text) <= _ARGUMENT_CHARACTERS
    return bool(plain) and not keyword.iskeyword(text) and text != "self"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()[:_DIGEST_CHARACTERS]
