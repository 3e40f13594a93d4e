"""Form of the docstrings, read off the source: a verb first, and nothing that begins in the middle of a sentence."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# Folders whose docstrings have the form.
DONE = (
    "apps_rec/__init__.py",
    "apps_rec/__main__.py",
    "apps_rec/allocator.py",
    "apps_rec/atomic_file.py",
    "apps_rec/cli",
    "apps_rec/config",
    "apps_rec/data",
    "apps_rec/errors.py",
    "apps_rec/evaluation",
    "apps_rec/features",
    "apps_rec/json_text.py",
    "apps_rec/layers",
    "apps_rec/legacy_keras.py",
    "apps_rec/losses",
    "apps_rec/models",
    "apps_rec/names.py",
    "apps_rec/nearest.py",
    "apps_rec/replicas.py",
    "apps_rec/serving",
    "apps_rec/simulation",
    "apps_rec/tools",
    "apps_rec/training",
)

# What a function, a method or a property may begin with. A new verb is welcome here; a noun or an imperative is not.
VERBS = """
    Accepts Activates Adds Advances Aligns Allocates Allows Answers Appends Applies Approximates Asks Assembles Asserts
    Assigns Attaches Averages Backs Begins Binds Blends Blocks Breaks Brings Broadcasts Builds Caches Calculates Calls
    Cancels Casts Catches Changes Checks Chooses Claims Cleans Clears Clips Closes Collapses Collects Combines Compares
    Compiles Completes Computes Concatenates Configures Confirms Connects Consumes Continues Converts Copies Corrects
    Counts Covers Creates Cuts Deals Decides Declares Decodes Decompresses Decorates Deduplicates Defines Deletes
    Delivers Derives Describes Detects Determines Differs Disables Discards Divides Does Downloads Draws Drops Embeds
    Empties Enables Encodes Ends Ensures Enters Enumerates Escapes Estimates Evaluates Evens Examines Exchanges Excludes
    Executes Exits Expands Explains Exports Extends Extracts Fails Feeds Fetches Fills Filters Finds Finishes Fits Fixes
    Flattens Flushes Folds Follows Forgets Formats Forms Forwards Frees Freezes Gathers Generates Gets Gives Groups
    Grows Guards Guesses Handles Hands Hashes Holds Identifies Ignores Implements Imports Includes Indexes Infers
    Initializes Inserts Installs Integrates Interprets Interrupts Intersects Invents Inverts Iterates Joins Judges Keeps
    Launches Lays Leads Learns Leaves Lends Lets Limits Links Listens Lists Loads Locates Locks Logs Looks Lowers Makes
    Maps Marks Masks Matches Measures Meets Merges Mixes Moves Multiplies Names Normalises Notes Notices Numbers Obtains
    Omits Opens Orders Overrides Packs Pads Pairs Parses Partitions Passes Permutes Picks Plans Points Pools Predicts
    Prefetches Prefixes Prepares Preprocesses Prevents Prints Processes Produces Projects Protects Proves Provides
    Publishes Pulls Pushes Puts Quotes Raises Ranks Reads Rebuilds Receives Recognizes Records Recovers Recreates
    Reduces Refers Refills Refreshes Refuses Registers Rejects Releases Remembers Removes Renames Renders Repairs
    Repeats Replaces Replays Reports Represents Requests Requires Resets Reshapes Resolves Restarts Restores Resumes
    Retries Returns Reuses Rewrites Rolls Rounds Routes Runs Samples Saves Says Scales Scans Schedules Scores Searches
    Seeds Selects Sends Separates Serializes Serves Sets Settles Shards Shifts Shortens Shows Shrinks Shuffles Shuts
    Signals Simulates Skips Sleeps Slices Smooths Sorts Spells Splits Spreads Squares Stacks Stamps Standardizes Starts
    States Stays Steps Stops Stores Strips Subtracts Suggests Summarizes Sums Supplies Suppresses Swaps Synchronizes
    Takes Tells Tests Tokenizes Traces Trains Transfers Transforms Translates Transposes Tries Trims Truncates Turns
    Undoes Unites Unpacks Updates Uses Validates Verifies Visits Waits Walks Warms Warns Watches Weighs Withdraws Wraps
    Writes Yields Zeroes
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
    files = [path for folder in ("apps_rec", "clients/python") for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path.relative_to(ROOT) for path in files if "protos" not in path.relative_to(ROOT).parts]


def is_done(path):
    return any(path.is_relative_to(folder) for folder in DONE)


def test_docstrings_have_the_form():
    found = [
        f"{path}:{mistake}" for path in sources() if is_done(path) for mistake in mistakes((ROOT / path).read_text())
    ]
    assert not found, "\n".join(found)


def test_folders_that_are_done_exist():
    assert [folder for folder in DONE if not (ROOT / folder).exists()] == []


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
