"""The notebooks in docs/notebooks/ are valid, show what they compute and no machine, and run from the first cell on."""

import ast
import json
import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed: `pip install '.[notebook]'`")

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
# Whole paths, as in a traceback or a log, of any system; and colours of a terminal.
OF_A_MACHINE = re.compile(r"(?<![\w.:/])/[\w.-]+/|[A-Z]:\\|\x1b\[")
LARGEST_BYTES = 300_000


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def plots(notebook):
    return [output for output in outputs(notebook) if "image/png" in output.get("data", {})]


def text_of(notebook):
    """All that the cells showed, but for plots."""
    shown = [
        output.get("text", "") + json.dumps({k: v for k, v in output.get("data", {}).items() if k != "image/png"})
        for output in outputs(notebook)
    ]
    return "\n".join(shown)


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS] == ["quickstart.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_valid_and_holds_what_its_cells_showed(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stat().st_size < LARGEST_BYTES
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in code:
        ast.parse(cell.source)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert {output.output_type for output in outputs(notebook)} <= {"stream", "display_data", "execute_result"}
    assert {output.name for output in outputs(notebook) if output.output_type == "stream"} == {"stdout"}
    assert len(plots(notebook)) == 2
    assert not OF_A_MACHINE.search(text_of(notebook))


def test_a_place_of_a_machine_is_seen():
    for text in ("read /home/me/a.csv", "('/tmp/x')", "C:\\data", "\x1b[31mred"):
        assert OF_A_MACHINE.search(text)
    for text in ("data/train.parquet", "file:///data/a.csv", "click/home"):
        assert not OF_A_MACHINE.search(text)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_shows_what_it_holds(path, tmp_path):
    from website.notebooks import run

    kept, again = nbformat.read(path, as_version=4), run(path, tmp_path)
    assert len(plots(again)) == len(plots(kept))
    # Same rows and the same seed: only the last digits of a training are those of a machine.
    figures = re.compile(r"\d+\.\d+")
    assert figures.sub("#", text_of(again)) == figures.sub("#", text_of(kept))
    served, predicted = map(float, figures.findall(text_of(again).rpartition("served")[2]))
    assert served == pytest.approx(predicted, abs=2e-6)
