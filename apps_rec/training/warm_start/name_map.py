"""A file that says which weights of another run belong to which of this one, where their names differ."""

from __future__ import annotations

import re

from apps_rec.errors import RunError

FIELD = "train_config.fine_tune_ckpt_var_map"
# EasyRec's name of a table's variable.
_TABLE = re.compile(r"input_layer(?:_\d+)?/(.+)_embedding/embedding_weights(?::0)?")


def read_name_map(path: str) -> dict[str, str]:
    """Returns the names that weights have in the other run, by their names in this one.

    A line holds the two, the one of this run first, with a tab or blanks between them. A table has its name in the
    config, or EasyRec's, `input_layer/<feature>_embedding/embedding_weights`; all else the path that warm_start.json
    shows.

    Raises:
        RunError: the file cannot be read, or a line is another.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise RunError(f"{FIELD}: {path} cannot be read: {reason}") from None
    names: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        words = line.split("\t") if "\t" in line else line.split()
        if not any(word.strip() for word in words):
            continue
        if len(words) != 2 or not all(word.strip() for word in words):
            raise RunError(f"{FIELD}: {path}:{number}: expected a name of this run and one of the other, got {line!r}")
        new, old = (_plain(word.strip()) for word in words)
        if new in names:
            raise RunError(f"{FIELD}: {path}:{number}: {new} stands there twice; expected it once")
        names[new] = old
    return names


def _plain(name: str) -> str:
    found = _TABLE.fullmatch(name)
    return found[1] if found else name
