"""EasyRec's edits of a config, as JSON or as flags, turned into assignments of `--set`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps_rec.errors import ConfigError

_FLAG = "--edit_config_json"


def json_edits(text: str) -> list[str]:
    """Returns the assignments that a JSON object of paths and values stands for; a nested object is a part of a path.

    Raises:
        ConfigError: the text is no such object.

    Example:
        >>> json_edits('{"train_config.num_steps": 10, "model_config": {"embedding_regularization": 1e-5}}')
        ['train_config.num_steps=10', 'model_config.embedding_regularization=1e-05']
    """
    try:
        edits = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{_FLAG}: expected a JSON object of paths and values, got {text[:80]} ({error})") from None
    if not isinstance(edits, dict):
        raise ConfigError(f'{_FLAG}: expected a JSON object, such as {{"train_config.num_steps": 10}}, got {text[:80]}')
    return [f"{_own(path)}={_text(value, path)}" for path, value in _flat(edits)]


def flag_edits(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Splits flags such as `--train_config.num_steps=10` or `--train_config.num_steps 10` off others.

    Returns:
        Assignments, and the words that are none.
    """
    edits, others = [], []
    at = 0
    while at < len(words):
        path, value = _halves(words[at])
        if not (path.startswith("--") and "." in path):
            others.append(words[at])
        elif value is not None:
            edits.append(f"{_own(path[2:])}={value}")
        elif at + 1 < len(words):
            at += 1
            edits.append(f"{_own(path[2:])}={words[at]}")
        else:
            raise ConfigError(f"{path}: expected a value behind it")
        at += 1
    return edits, others


def _halves(word: str) -> tuple[str, str | None]:
    """Splits a flag at its equals sign, if it has one outside of brackets."""
    depth = 0
    for at, letter in enumerate(word):
        depth += (letter == "[") - (letter == "]")
        if letter == "=" and not depth:
            return word[:at], word[at + 1 :]
    return word, None


def _flat(edits: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in edits.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, dict):
            yield from _flat(value, path)
        else:
            yield path, value


def _own(path: str) -> str:
    """Returns a path in this package's form: EasyRec's `[:]` is `[*]`."""
    return re.sub(r"\[\s*:\s*\]", "[*]", path)


def _text(value: Any, path: str) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_quoted(item, path) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, str)):
        return str(value)
    got = "null" if value is None else type(value).__name__
    raise ConfigError(f"{_FLAG}: {path}: expected a number, a text, true, false or a list of these, got {got}")


def _quoted(item: Any, path: str) -> str:
    if isinstance(item, (list, dict)):
        raise ConfigError(f"{_FLAG}: {path}: expected a list of numbers or texts, got a list of {type(item).__name__}s")
    text = _text(item, path)
    return json.dumps(text, ensure_ascii=False) if isinstance(item, str) and re.search(r"[^\w./-]", text) else text
