"""Sides of columns by name and by how they vary, over one log."""

import random

from apps_rec.profile.choices.kinds import Roles, kinds_of
from apps_rec.profile.choices.sides import side_of


def test_sides(facts_of):
    draw = random.Random(8)
    users, apps = [draw.randrange(60) for _ in range(2000)], [draw.randrange(25) for _ in range(2000)]
    columns = {
        "user_id": users,
        "app_id": apps,
        "city": [f"city {user % 9}" for user in users],
        "size": [app * 7 % 11 for app in apps],
        "hour": [draw.randrange(24) for _ in users],
        "distance": [draw.random() for _ in users],
        # Changes within the user, and is the user's all the same.
        "user_visits": [draw.randrange(9) for _ in users],
        "app_rank_today": [draw.randrange(9) for _ in users],
    }
    table = facts_of(columns, user="user_id", item="app_id")
    roles = Roles((), "user_id", "app_id")
    kinds = kinds_of(table, roles)
    assert {column.name: side_of(column, kinds[column.name], roles) for column in table.columns} == {
        **dict.fromkeys(("user_id", "city", "user_visits"), "USER"),
        **dict.fromkeys(("app_id", "size", "distance", "app_rank_today"), "ITEM"),
        "hour": "CONTEXT",
    }
    assert side_of(table.column("hour"), kinds["hour"], Roles()) == ""
