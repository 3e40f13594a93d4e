"""The recipes of CONTRIBUTING.md: for each kind of addition, the files that it touches."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Where in a line of a list a file is named: `folder/name.py`, with <name> in place of a new one's.
FILE = re.compile(r"`([\w./<>-]*[./][\w./<>-]*)`")


def recipes(text):
    """The files of each recipe by its heading, in order: what stands in a numbered line before its first colon."""
    found = {}
    for section in re.split(r"^#{2,3} ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        lines = re.findall(r"^\d+\. (.*(?:\n {3}.*)*)", body, re.MULTILINE)
        if lines:
            found[heading] = [file for line in lines for file in FILE.findall(line.split(":")[0])]
    return found


def code_files(files):
    """Those of a recipe's files that are hand-written code; tests and documents are not."""
    return [file for file in files if file.startswith(("protos/", "apps_rec/"))]


RECIPES = recipes((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
