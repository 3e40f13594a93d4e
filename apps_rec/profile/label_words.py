"""Labels that are two words for yes and no, such as 是 and 否, become numbers as the table is read."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.profile.columns import family_of
from apps_rec.profile.csv_form import sniffed_whole
from apps_rec.profile.engine import Engine, UnreadableError, quoted
from apps_rec.profile.facts import TEXT
from apps_rec.profile.source import Source, as_numbers

# The word for 1 and the word for 0, in small letters. True and false are not among them: labels are read from these.
PAIRS = (("yes", "no"), ("y", "n"), ("t", "f"), ("是", "否"))


def with_label_words(engine: Engine, source: Source, labels: Sequence[str]) -> Source:
    """Returns the source with labels of two known words read as 1 and 0; the same source where there are none.

    Capitals and blanks around a word do not matter. A label with any other value stays as it is.

    Args:
        engine: a database.
        source: files of the table.
        labels: names of labels that the table has.
    """
    words = {}
    for name in labels:
        if family_of(dict(source.columns)[name]) == TEXT:
            found = _values(engine, source, name)
            pair = next((pair for pair in PAIRS if found and found <= set(pair)), None)
            if pair is not None:
                words[name] = pair
    return as_numbers(source, words)


def _values(engine: Engine, source: Source, name: str) -> set[str]:
    """Returns the different values of a column, three of them at most."""
    value = f"lower(trim(CAST({quoted(name)} AS VARCHAR)))"
    asked = "SELECT DISTINCT v FROM (SELECT {} v FROM {}) WHERE v <> '' LIMIT 3"
    try:
        found = engine.rows(asked.format(value, source.sql()))
    except UnreadableError:
        if source.csv is None:
            raise
        # A column begins with numbers and goes on with words.
        found = engine.rows(asked.format(value, sniffed_whole(engine, source).sql()))
    return {word for (word,) in found}


def told(source: Source) -> str:
    """Returns a sentence on the labels that were words; "" where there are none."""
    pairs = [f'{name} ("{one}" is 1, "{zero}" is 0)' for name, (one, zero) in source.words.items()]
    return f"Labels of words are written as numbers: {', '.join(pairs)}. " if pairs else ""
