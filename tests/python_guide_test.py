"""docs/python.md is true: its blocks run in their order, and print what the page says."""

import contextlib
import io
import re

import pytest

import apps_rec.features
import apps_rec.layers
import apps_rec.models
from tests.docs_test import FENCE, ROOT

GUIDE = ROOT / "docs/python.md"


def blocks():
    """Kind, title and text of the blocks of the page, and the line where each begins."""
    text = GUIDE.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        kind, _, title = match[1].strip().partition(" ")
        yield kind, title.removeprefix('title="').removesuffix('"'), match[2], text.count("\n", 0, match.start()) + 1


def write_files(folder):
    """Writes the files that the page shows."""
    for _, name, text, _ in blocks():
        if name:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")


# The second half trains a whole model twice and exports it.
@pytest.mark.parametrize("outputs", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_the_blocks_run_and_print_what_the_page_says(tmp_path, monkeypatch, own_plugins, outputs):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path)
    names = {"__name__": "guide"}
    said, count = "", 0
    for kind, title, text, line in blocks():
        if kind == "text":
            assert said == text, f"line {line}"
            said, count = "", count + 1
            if count == outputs:
                break
        elif kind == "python" and not title:
            assert not said, f"line {line}: what the block before prints is not shown"
            # As many lines in front as the page has, so that a traceback names the line.
            code = compile("\n" * line + text, str(GUIDE), "exec")
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(code, names)
            said = printed.getvalue()
    assert not said
    assert count == outputs


def test_every_layer_is_in_the_table():
    table = GUIDE.read_text(encoding="utf-8").partition("| layers |")[2].partition("\n\n")[0]
    rows = [row for row in table.splitlines() if row.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    upper = {"ACTIVATIONS", "TRAINED_ACTIVATIONS", "COMBINERS"}
    assert named == set(apps_rec.layers.__all__) - upper


@pytest.mark.parametrize("package", [apps_rec.features, apps_rec.layers, apps_rec.models, apps_rec.plugins])
def test_a_public_name_is_there_and_says_what_it_is(package):
    assert len(set(package.__all__)) == len(package.__all__)
    for name in package.__all__:
        thing = getattr(package, name)
        assert not callable(thing) or (thing.__doc__ or "").strip(), name
