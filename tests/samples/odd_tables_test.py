"""A new user's way from an odd table to served scores: each command works at the first try."""

import csv
import json
from pathlib import Path

import pytest

from tests.cli.commands import run
from tests.samples.conftest import SHARED
from tests.samples.odd_tables import FORMS, made_people, people_of_adult, write


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def works(capsys, *arguments):
    code, out, err = run(capsys, *arguments)
    assert code == 0, err
    return out


def made_config(people, form, capsys):
    """Path of the table, and what `init` said of it; its config and data are checked."""
    path = write(people, form, "表")
    labels = form.names[-2:]
    told = works(capsys, "init", path, "--label", labels[0], "--label", labels[1], "-o", "my.config")
    works(capsys, "check", "my.config")
    report = works(capsys, "check-data", "my.config", "--quarantine", "bad.parquet")
    assert "bad.parquet: 0 bad rows" in report
    return path, told


@pytest.mark.parametrize("name", FORMS)
def test_a_table_becomes_a_config_that_reads_all_its_rows(name, capsys):
    form = FORMS[name]
    _, told = made_config(made_people(600), form, capsys)
    for label, column in zip(("income", "single"), form.names[-2:], strict=True):
        assert f"{column} is 1 in {sum(person[label] for person in made_people(600))} rows" in told
    assert ("Labels of words are written as numbers" in told) == (name != "pandas")
    reasons = {
        "spreadsheet": ["资本收益: has marks between the thousands of its numbers", "By time, 登记日期: rows before"],
        "pandas": ["has no name in the line of names", "By time, day: rows before 2026-02-"],
        "script": ["To divide the rows by it, write it as 2026-01-31, and not ", "No column says when a row"],
    }
    for reason in reasons[name]:
        assert reason in told


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_the_whole_way(name, capsys):
    adult = SHARED / "adult" / "adult.parquet"
    people = people_of_adult(adult, 3_000) if adult.exists() else made_people(3_000)
    form = FORMS[name]
    path, _ = made_config(people, form, capsys)
    short = ("--set", "train_config.num_steps=20")
    works(capsys, "train", "my.config", *short)
    works(capsys, "export", "my.config", *short, "-o", "export")
    (version,) = Path("export").iterdir()
    # Of the table itself: words that are labels are no numbers, and not copied.
    works(capsys, "predict", str(version), path, "-o", "scores.csv", "--keep", form.names[5])
    with open("scores.csv", encoding="utf-8", newline="") as file:
        scores = list(csv.DictReader(file))
    assert len(scores) == len(people)
    assert len({row["score"] for row in scores}) > 100
    served = served_score(version, people[0], form)
    assert served == pytest.approx(float(scores[0]["score"]), rel=1e-5)


def served_score(version, person, form):
    """The score of the first person, all of whose cells are there, as a server would answer."""
    import tensorflow as tf

    import apps_rec.legacy_keras  # noqa: F401
    from tests.samples.odd_tables import COLUMNS

    columns = json.loads((version / "assets/schema.json").read_text(encoding="utf-8"))["columns"]
    words = {"note": f'zwei\nZeilen; "{person["sex"]}", und'}
    names = dict(zip(form.names, COLUMNS, strict=True))
    inputs = {
        column["name"]: tf.constant(
            [{**person, **words}[names[column["name"]]]], getattr(tf, column["dtype"].removeprefix("DT_").lower())
        )
        for column in columns
    }
    return float(tf.saved_model.load(str(version)).signatures["serving_default"](**inputs)["score"][0])
