"""The tables of an explanation, of numbers made by hand."""

import datetime

import numpy as np
import pyarrow as pa
import pytest

from apps_rec.serving.batch.explanation import ExplainedOutput, Explanation, Part, write_explanation


def explanation(parts=("app", "hour", "tags"), kept=None, cells=None, **changes):
    """Of one row: score 0.5, logit 1; without the first part 0.1 less and 2 more, and so on."""
    outputs = (ExplainedOutput("score", "", "score"), ExplainedOutput("logits_ctr", "ctr", "logits_ctr"))
    without = [[0.4, 3.0], [0.5, 1.0], [0.75, 1.00001]][: len(parts)]
    fields = {
        "by": "columns",
        "rows": np.array([7]),
        "kept": pa.table({}) if kept is None else kept,
        "parts": tuple(Part(name, (name,), (name, f"{name}_x")) for name in parts),
        "outputs": outputs,
        "cells": cells or [["157"], ["21"], ["a|b"]],
        "values": np.array([[0.5, 1.0]]),
        "without": np.array(without)[:, np.newaxis],
        "base": np.array([0.25, -1.0]),
        "filled": {"slot": "2"},
    }
    return Explanation(**fields | changes)


def test_for_people():
    kept = pa.table({"request": ["r6"], "click": [1]})
    assert str(explanation(kept=kept)).splitlines() == [
        "row 7: request r6, click 1",
        "column        features      cell    score  logits_ctr",
        "the row                            0.5000      1.0000",
        "tags          tags, tags_x  a|b   -0.2500      -1e-05",
        "app           app, app_x    157   +0.1000     -2.0000",
        "hour          hour, hour_x  21          0           0",
        "all left out                       0.2500     -1.0000",
        "",
        "slot: no input; every row gets 2",
    ]


def test_long_cells_are_cut_and_small_contributions_left_out():
    parts = tuple(Part(f"c{at}", (f"c{at}",), ()) for at in range(25))
    without = np.zeros((25, 1, 2))
    without[:, 0, 0] = 0.5 - np.arange(25) / 100
    found = explanation(parts=(), cells=[["x" * 30]] * 25)
    found = Explanation(**vars(found) | {"parts": parts, "without": without})
    lines = str(found).splitlines()
    assert lines[3].split()[0] == "c24"
    assert "x" * 23 + "…" in lines[3]
    assert [line.split()[0] for line in lines[3:23]] == [f"c{at}" for at in range(24, 4, -1)]
    assert lines[24] == "and 5 more of smaller contributions to score; an output file has all"
    assert found.table().num_rows == 50


def test_several_numbers_of_an_output():
    output = ExplainedOutput("logits_stars[1]", "stars", "logits_stars", 1)
    assert output.of({"logits_stars": np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)}).tolist() == [2.0, 4.0]


def test_json_of_cells_that_json_does_not_know(tmp_path):
    kept = pa.table({"day": [datetime.date(2026, 11, 1)], "rate": [float("nan")], "raw": [b"\xff"], "two": [[1, None]]})
    write_explanation(explanation(kept=kept), str(tmp_path / "why.json"))
    text = (tmp_path / "why.json").read_text(encoding="utf-8")
    assert '"day": "2026-11-01"' in text
    assert '"rate": null' in text
    assert '"raw": "\ufffd"' in text


def test_texts_that_a_spreadsheet_would_run(tmp_path):
    kept = pa.table({"request": ["=cmd()"]})
    for escape, first in ((False, '7,"=cmd()"'), (True, '7,"\'=cmd()"')):
        write_explanation(explanation(kept=kept), str(tmp_path / "why.csv"), escape)
        assert (tmp_path / "why.csv").read_text(encoding="utf-8").splitlines()[1].startswith(first)


@pytest.mark.parametrize("by", ["columns", "features"])
def test_a_line_for_each_output_and_part(by):
    table = explanation(by=by).table()
    names = {"columns": ["column", "features"], "features": ["feature", "columns"]}[by]
    assert table.column_names[1:3] == names
    assert table.column(names[0]).to_pylist() == ["tags", "app", "hour", "app", "tags", "hour"]
    assert table.column("contribution").to_pylist()[:2] == [-0.25, pytest.approx(0.1)]
