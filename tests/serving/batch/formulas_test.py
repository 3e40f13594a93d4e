"""A spreadsheet runs no cell of a CSV of scores."""

import csv

import numpy as np
import pyarrow as pa
import pytest

from apps_rec.errors import RunError
from apps_rec.serving.batch.formulas import without_formulas
from apps_rec.serving.batch.output import open_output, plan_output

CELLS = {
    "=1+1": "'=1+1",
    "+1+1": "'+1+1",
    "-2+3+cmd|' /C calc'!A0": "'-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)": "'@SUM(A1)",
    "  =1": "  '=1",
    "\u00a0=1": "\u00a0'=1",
    "\t=1": "'\t'=1",
    "\rx": "'\rx",
    "\nx": "'\nx",
    "＝1+1": "'＝1+1",
    "－1+1": "'－1+1",
    'a;=HYPERLINK("x")': 'a;\'=HYPERLINK("x")',
    "a\n=1": "a\n'=1",
    # Nothing of these is run.
    "-5": "-5",
    "+4.5e-3": "+4.5e-3",
    "a-b": "a-b",
    "a=b": "a=b",
    "'=1": "'=1",
    "": "",
    "игры": "игры",
}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()])
def test_texts_get_an_apostrophe_and_numbers_do_not(kind):
    texts = pa.array(list(CELLS), pa.string()).cast(kind)
    table = without_formulas(pa.table({"t": texts, "n": np.arange(len(CELLS)) - 3.5}))
    assert table["t"].to_pylist() == list(CELLS.values())
    assert table["n"].to_pylist() == (np.arange(len(CELLS)) - 3.5).tolist()


def test_missing_texts_stay_missing():
    assert without_formulas(pa.table({"t": ["=1", None]}))["t"].to_pylist() == ["'=1", None]


@pytest.mark.parametrize(("name", "given"), [("scores.csv", {}), ("scores", {"part_format": "csv"})])
def test_no_cell_of_the_file_begins_like_a_formula(tmp_path, name, given):
    tags = pa.array([["=1", "2"]] * len(CELLS))
    app = pa.array(list(CELLS)).dictionary_encode()
    with open_output(plan_output(str(tmp_path / name), escape_formulas=True, **given)) as files:
        files.write(pa.table({"app": app, "=cmd()": tags, "score": np.full(len(CELLS), -0.5)}))
    path = tmp_path / name
    with (path if path.is_file() else path / "part-00000.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["app", "'=cmd()", "score"]
    assert rows[1:] == [[cell, "'=1|2", "-0.5"] for cell in CELLS.values()]


@pytest.mark.parametrize(("name", "given"), [("x.parquet", {}), ("x", {}), ("x", {"part_format": "parquet"})])
def test_parquet_has_no_formulas(tmp_path, name, given):
    with pytest.raises(RunError, match=r"^escape_formulas: is for CSV, and .* is Parquet"):
        plan_output(str(tmp_path / name), escape_formulas=True, **given)
