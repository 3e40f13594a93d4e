"""Form of the docstrings, read off the source: a verb first, and nothing that begins in the middle of a sentence."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# Folders whose docstrings have the form.
FOLDERS = ("apps_rec", "clients/python", "benchmarks")

# What a function, a method or a property may begin with. A new verb is welcome here; a noun or an imperative is not.
VERBS = """
    Accepts Adds Aligns Allocates Appends Applies Builds Calls Casts Checks Clips Closes Collects Combines Compares
    Computes Converts Copies Counts Creates Cuts Deals Decides Decodes Deletes Describes Divides Does Draws Drops
    Encodes Ends Estimates Evaluates Explains Exports Extracts Fails Fetches Fills Finds Fits Forgets Frees Gathers
    Generates Gives Groups Hands Hashes Holds Imports Inserts Joins Keeps Lays Leaves Lets Listens Lists Loads Logs
    Looks Makes Marks Measures Merges Moves Multiplies Names Normalises Notes Opens Packs Parses Plans Preprocesses
    Prints Puts Raises Ranks Reads Receives Refuses Rejects Removes Renames Repeats Replaces Reports Resets Restores
    Resumes Returns Rewrites Runs Saves Says Scores Selects Sends Serves Sets Settles Shortens Shows Simulates Skips
    Sorts Splits Spreads Starts States Stops Strips Sums Takes Tells Traces Trains Translates Turns Unpacks Updates
    Validates Verifies Waits Warns Watches Wraps Writes Yields
"""
QUESTIONS = {"how", "what", "when", "where", "whether", "which", "who", "whom", "whose", "why"}
MIDDLES = {"as", "at", "by", "for", "from", "in", "into", "of", "on", "that", "to", "which", "with"}


def documented(source):
    """Every part of a source with a docstring, with the docstring as a reader sees it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)):
            text = ast.get_docstring(node)
            if text is not None:
                yield node, text


def arguments(text):
    """Name and first word of each line of the sections Args and Attributes."""
    for section in re.findall(r"^(?:Args|Attributes):\n((?:\n| .*\n?)*)", text, re.MULTILINE):
        yield from re.findall(r"^ {4}([*\w][^:\n]*):\s+([^\s,.;:]+)", section, re.MULTILINE)


def mistakes(source):
    """Line, name and mistake of each docstring that departs from the form."""
    found = []
    for node, text in documented(source):
        line, name = getattr(node, "lineno", 1), getattr(node, "name", "the module")
        first, after = re.match(r"([^\s,.;:]+)[\s,.;:]*(\w*)", text).groups()
        if first.lower() in QUESTIONS:
            found.append(f"{line}: {name} begins with the question word {first}")
        elif isinstance(node, FUNCTIONS) and (first not in VERBS.split() or (after == "of" and first != "Warns")):
            found.append(f"{line}: {name} begins with {first}, not with a verb in the third person")
        for argument, word in arguments(text):
            if word.lower() in MIDDLES:
                found.append(f"{line}: {name}: {argument} begins with {word}, not with a noun")
    return found


def sources():
    paths = [path.relative_to(ROOT) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in paths if path.parts[:2] != ("apps_rec", "protos")]


def test_docstrings_have_the_form():
    assert len(sources()) > 200
    found = [f"{path}:{mistake}" for path in sources() for mistake in mistakes((ROOT / path).read_text())]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ('"""Where rows come from."""', "1: the module begins with the question word Where"),
        ('class Row:\n    """What a row is."""', "1: Row begins with the question word What"),
        ('def rows():\n    """The rows."""', "1: rows begins with The, not with a verb in the third person"),
        ('def rows():\n    """Names of rows."""', "1: rows begins with Names, not with a verb in the third person"),
        ('def rows():\n    """Return the rows."""', "1: rows begins with Return, not with a verb in the third person"),
        ('def rows():\n    """Whether there are rows."""', "1: rows begins with the question word Whether"),
        (
            'def rows(size):\n    """Reads rows.\n\n    Args:\n        size: of a batch.\n    """',
            "1: rows: size begins with of, not with a noun",
        ),
        (
            'class Row:\n    """A row.\n\n    Attributes:\n        a: a number.\n\n        b, c: to write.\n    """',
            "1: Row: b, c begins with to, not with a noun",
        ),
    ],
)
def test_a_departure_is_found(source, wanted):
    assert mistakes(source) == [wanted]


@pytest.mark.parametrize(
    "source",
    [
        '"""Rows of a file."""',
        'class Row:\n    """A row."""\n\n    @property\n    def size(self):\n        """Returns its size."""',
        'def rows(size):\n    """Reads rows.\n\n    Args:\n        size: rows,\n            of a file.\n    """',
        'def rows():\n    """Reads rows.\n\n    Raises:\n        ValueError: in a bad row.\n    """',
        "def rows():\n    return []",
    ],
)
def test_the_form_is_no_mistake(source):
    assert mistakes(source) == []
