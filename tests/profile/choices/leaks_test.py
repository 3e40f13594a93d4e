"""Outcomes are left out, and what only looks like one is not."""

import random

import pytest

from apps_rec.profile.choices.kinds import Roles, kinds_of
from apps_rec.profile.choices.leaks import leak_of


@pytest.fixture
def leaks(facts_of):
    """Reasons of the columns that are leaks, by name."""

    def find(columns, kept=()):
        table = facts_of(columns, labels=("click",), user="user_id", item="app_id")
        roles = Roles(("click",), "user_id", "app_id", kept=kept)
        kinds = kinds_of(table, roles)
        found = {column.name: leak_of(column, kinds[column.name], table, roles) for column in table.columns}
        return {name: reason for name, reason in found.items() if reason}

    return find


def log(rows=3000, seed=4):
    draw = random.Random(seed)
    columns = {name: [] for name in ("user_id", "app_id", "click")}
    for _ in range(rows):
        for name, value in zip(
            columns, (draw.randrange(80), draw.randrange(30), int(draw.random() < 0.3)), strict=True
        ):
            columns[name].append(value)
    return columns, draw


def test_a_column_that_says_the_same_by_other_values(leaks):
    columns, draw = log()
    columns["reason"] = [draw.choice(["a", "b"]) if one else draw.choice(["c", "d"]) for one in columns["click"]]
    assert "tells click by itself, with AUC 1.0000" in leaks(columns)["reason"]


def test_a_number_or_a_value_that_is_there_only_after_a_click(leaks):
    columns, draw = log()
    clicked = columns["click"]
    columns["paid"] = [int(one and draw.random() < 0.1) for one in clicked]
    columns["store"] = [draw.choice("ab") if one and draw.random() < 0.1 else None for one in clicked]
    # Rare, and as often without a click.
    columns["rare"] = [int(draw.random() < 0.05) for _ in clicked]
    found = leaks(columns)
    assert found["paid"] == "is not 0 only where click is 1: it is known only after that"
    assert found["store"] == "has a value only where click is 1: it is known only after that"
    assert set(found) == {"paid", "store"}


def test_names_of_outcomes_count_unless_the_column_is_the_users_or_the_items(leaks):
    columns, draw = log()
    columns["is_hate"] = [int(draw.random() < 0.02) for _ in columns["click"]]
    columns["is_liked"] = [user % 3 for user in columns["user_id"]]
    columns["play_time"] = [app % 7 + 1 for app in columns["app_id"]]
    assert leaks(columns) == {"is_hate": "is an outcome of the impression, by its name"}
    assert leaks(columns, kept=("is_hate",)) == {}


def test_a_strong_column_is_no_leak(leaks):
    columns, draw = log()
    # 95 % of the rows agree: AUC .95.
    columns["hint"] = [one if draw.random() < 0.95 else 1 - one for one in columns["click"]]
    assert leaks(columns) == {}
