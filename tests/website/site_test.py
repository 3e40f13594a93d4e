"""The site of docs/ builds without a dead link, has every page, and needs no network to be read."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from website.drawings import DRAWINGS, Box, Drawing, drawings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
SVG = "{http://www.w3.org/2000/svg}"


def in_navigation(entry):
    if isinstance(entry, str):
        return [entry]
    inner = entry.values() if isinstance(entry, dict) else entry
    return [page for one in inner for page in in_navigation(one)]


def test_every_page_is_in_the_navigation_once():
    pages = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))
    assert sorted(in_navigation(CONFIG["nav"])) == pages, "zensical.toml, nav"


def build(folder):
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(folder / "zensical.toml")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    pytest.importorskip("zensical", reason="zensical is not installed: `pip install '.[docs]'`")
    folder = tmp_path_factory.mktemp("site")
    (folder / "zensical.toml").write_text((ROOT / "zensical.toml").read_text(encoding="utf-8"), encoding="utf-8")
    for source in DOCS.rglob("*.*"):
        target = folder / "docs" / source.relative_to(DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    return folder


def test_the_site_builds_and_a_dead_link_or_heading_ends_the_build(copy):
    built = build(copy)
    assert built.returncode == 0, built.stdout + built.stderr
    pages = {str(page.relative_to(copy / "out/site")) for page in (copy / "out/site").rglob("*.html")}
    assert pages == {page.replace(".md", ".html") for page in in_navigation(CONFIG["nav"])} | {"404.html"}
    text = "".join((copy / "out/site" / page).read_text(encoding="utf-8") for page in pages)
    # Nothing is fetched to show a page; the one script is for a search without a server.
    fetched = set(re.findall(r'(?:src|<link[^>]* href)="(https?://[^"]*)"', text))
    assert fetched == {"https://unpkg.com/iframe-worker/shim"}
    # Every block is one: a fence that the site does not know would show its quotes.
    assert "```" not in text
    with (copy / "docs/glossary.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](nowhere.md) [b](models.md#no-such-heading)\n")
    again = build(copy)
    said = re.sub(r"\x1b\[[0-9;]*m", "", again.stdout + again.stderr)
    assert again.returncode != 0
    assert ("page does not exist" in said, "anchor does not exist" in said) == (True, True), said


def test_the_drawings_are_what_make_docs_writes():
    written = {file.name: file.read_text(encoding="utf-8") for file in (DOCS / "images").glob("*.svg")}
    assert written == drawings(), "run `make docs`"


@pytest.mark.parametrize("name", list(DRAWINGS))
def test_boxes_of_a_drawing_stand_inside_and_apart(name):
    drawing = DRAWINGS[name]()
    boxes = list(drawing.boxes.values())
    for box in boxes:
        assert box.width / 2 <= box.x <= drawing.width - box.width / 2
        assert box.height / 2 <= box.y <= drawing.height - box.height / 2
    for at, box in enumerate(boxes):
        for other in boxes[at + 1 :]:
            beside = abs(box.x - other.x) >= (box.width + other.width) / 2
            above = abs(box.y - other.y) >= (box.height + other.height) / 2
            assert beside or above, (box.text, other.text)
    assert f"images/{name}.svg" in (DOCS / "models.md").read_text(encoding="utf-8")


def test_a_drawing_by_hand():
    boxes = {"low": Box(50, 100, "a", width=40), "high": Box(50, 20, "b\nc", "own", 40)}
    root = ElementTree.fromstring(Drawing("t", boxes, [("low", "high")], [], 100, 130).svg())
    rectangles = root.findall(f"{SVG}rect")
    assert [(r.get("x"), r.get("y"), r.get("width"), r.get("height")) for r in rectangles] == [
        ("30", "79", "40", "42"),
        ("30", "-11", "40", "62"),
    ]
    # From the top of the lower box, 100 - 21, to the bottom of the higher one, 20 + 31.
    assert [path.get("d") for path in root.findall(f"{SVG}path")] == ["M50 79 C50 65 50 65 50 51"]
    assert [text.text for text in root.findall(f"{SVG}text")] == ["a", "b", "c"]
