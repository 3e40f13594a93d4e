"""Each bad row is in the quarantine file once, with its reason; every other row is used."""

import random
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import apps_rec
from apps_rec.data.rows.open import open_stream
from tests.cli.commands import run
from tests.profile.findings.conftest import found, log, told, write_config, write_parquet

pytestmark = pytest.mark.usefixtures("here")

ROWS = 12_000
# What is done to a row's cells, and the reason and column that follow.
MUTATIONS = (
    (lambda row: {"click": "2"}, "label not 0 or 1", "click"),
    (lambda row: {"click": ""}, "empty label", "click"),
    (lambda row: {"download": "yes"}, "wrong type", "download"),
    (lambda row: {"app": "x7"}, "wrong type", "app"),
    (lambda row: {"app": "99999999999999999999"}, "wrong type", "app"),
    (lambda row: {"price": "1,5"}, "wrong type", "price"),
    (lambda row: {"click": "0", "download": "1"}, "conversion without a click", "download"),
    (lambda row: {"user": b"\xff\xfe"}, "not UTF-8", "user"),
    (lambda row: {None: "one more"}, "ragged", ""),
    (lambda row: {"user": b'"u1"x'}, "stray quote", ""),
)


def mutated_csv(path, columns, seed, share):
    """Writes a CSV file with mutated rows; returns number -> (reason, column) of those that are bad."""
    draw = random.Random(seed)
    bad = {}
    names = list(columns)
    with open(path, "wb") as file:
        file.write(",".join(names).encode() + b"\n")
        for at, values in enumerate(zip(*columns.values(), strict=True)):
            row = dict(zip(names, map(str, values), strict=True))
            if draw.random() < share:
                change, reason, column = draw.choice(MUTATIONS)
                row |= change(row)
                # A filtered row's cells are not looked at; where they are too many, it cannot be told.
                if row["source"] != "cache" or column == "":
                    bad[at + 1] = (reason, column)
            cells = [cell if isinstance(cell, bytes) else _cell(cell) for cell in row.values()]
            file.write(b",".join(cells) + b"\n")
    return bad


def _cell(text):
    return f'"{text}"'.encode() if "," in text else text.encode()


def test_10000_mutated_rows():
    train = mutated_csv("train.csv", log(ROWS), 3, 0.85)
    evaluation = mutated_csv("eval.csv", log(500, seed=2, first=ROWS), 4, 0.5)
    write_config("CSVInput", "bad_rows: SKIP max_bad_row_share: 1")
    report = found(Path("bad.parquet"))
    table = pq.read_table("bad.parquet").to_pylist()
    expected = {("train.csv", row): why for row, why in train.items()}
    expected |= {("eval.csv", row): why for row, why in evaluation.items()}
    assert len(expected) > 9_000
    assert report.quarantined == len(table) == len(expected)
    assert {(one["file"], one["row"]): (one["reason"], one["column"]) for one in table} == expected
    parts = {part.name: part for part in report.parts}
    assert (parts["train"].bad, parts["evaluate"].bad) == (len(train), len(evaluation))
    assert parts["train"].read == ROWS == parts["train"].filtered + parts["train"].bad + parts["train"].used
    # Training counts the same.
    config = apps_rec.load_config("my.config").message
    config.data_config.shuffle = False
    stream = open_stream(config, "train")
    assert sum(batch.size for batch in stream.batches()) == parts["train"].used
    assert stream.counts.dropped == Counter(reason for reason, _ in train.values())
    # Sorted, and with what was expected and what came.
    assert [(one["file"], one["row"]) for one in table] == sorted(expected)
    first = next(one for one in table if one["reason"] == "label not 0 or 1")
    assert first["text"] == "expected the label 0 or 1, got 2"


def test_a_row_that_is_bad_in_two_passes_is_written_once():
    # A wrong cell of the holdout's bound is judged in training; filters read the same file in all three passes.
    train = log(200)
    train["source"] = [int(source == "cache") for source in train["source"]]
    train["source"][5] = -1
    train["click"][7] = 3
    write_parquet(train, train)
    write_config(data="bad_rows: SKIP")
    text = Path("my.config").read_text().replace("eval.parquet", "train.parquet")
    Path("my.config").write_text(text)
    report = found(Path("bad.parquet"))
    table = pq.read_table("bad.parquet").to_pylist()
    assert [(one["row"], one["column"], one["pass"]) for one in table] == [(8, "click", "train")]
    assert [part.bad for part in report.parts] == [1, 1]


def test_levels_follow_what_a_run_would_do():
    train = log()
    train["click"][1] = 2
    write_parquet(train, log(500, seed=2, first=1_000))
    write_config()
    ((level, where, text),) = told(found(), "bad rows")
    assert (level, where) == ("error", 'train, column "click"')
    assert text.endswith("The first: train.parquet: row 2: expected the label 0 or 1, got 2")
    write_config(data="bad_rows: SKIP")
    assert [one[0] for one in told(found(), "bad rows")] == ["warning"]
    write_config(data="bad_rows: SKIP max_bad_row_share: 0")
    assert [one[0] for one in told(found(), "bad rows")] == ["error"]


def test_exit_codes_and_files_of_the_command(capsys):
    train = log()
    write_parquet(train, log(500, seed=2, first=1_000))
    write_config()
    code, out, err = run(capsys, "check-data", "my.config", "--json", "d.json", "--html", "d.html")
    assert (code, err) == (0, "")
    assert "my.config: 0 errors, 0 warnings, 2 notes" in out
    assert Path("d.html").read_text().startswith("<!DOCTYPE html>")
    train["click"][1] = 2
    write_parquet(train, log(500, seed=2, first=1_000))
    code, out, err = run(capsys, "check-data", "my.config", "--quarantine", "bad.parquet")
    assert code == 3
    assert "my.config: 1 error, 0 warnings, 2 notes" in out
    assert "  unseen: rows of evaluation with a value that no training row has." in out
    assert err == "my.config: the data has findings of level error\n"
    assert "bad.parquet: 1 bad rows" in out
    skip = ("--set", "data_config.bad_rows=SKIP")
    assert run(capsys, "check-data", "my.config", *skip)[0] == 0
    assert run(capsys, "check-data", "my.config", *skip, "--strict")[0] == 3
    code, out, err = run(capsys, "check-data", "my.config", "--set", 'train_input_path="nowhere.csv"')
    assert code == 2
    assert "nowhere.csv" in err
