"""Runs the notebooks in docs/notebooks/ and keeps what they show: text and plots, no logs and no place of this machine.

python -m website.notebooks docs/notebooks/*.ipynb
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

_TIMEOUT_SECONDS = 1_800


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Runs the cells of a notebook in a folder, and returns it with what they showed.

    Args:
        path: notebook.
        folder: working directory of its cells.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell ends with an error.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=_TIMEOUT_SECONDS, kernel_name="python3", resources=resources).execute()
    for cell in notebook.cells:
        # Times of the run.
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return notebook


def main(paths: list[str]) -> None:
    """Runs notebooks, and writes each with what its cells showed."""
    for path in map(Path, paths):
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(run(path, Path(folder)), path)


if __name__ == "__main__":
    main(sys.argv[1:])
