"""Which side a column is of, and what cannot be said of it."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.sides import column_sides

F = "feature_config.features"
USER, SLOT, HOUR, AGE = (f"{F}[feature_name={name}]" for name in ("user", "slot", "hour", "age"))
CROSS = f"{F}[feature_name=user_x_hour]"
VALUE = "model_config.score_value_field"


def sides(base, *overrides):
    return column_sides(parse_text(base, "a.config", overrides).message)


def test_a_column_is_of_the_item_unless_a_feature_says_otherwise(base):
    assert sides(base) == dict.fromkeys(["user", "app", "hour", "age", "tags", "history"], "item")


def test_a_cross_takes_the_sides_of_its_columns(base):
    found = sides(base, f"{USER}.side=USER", f"{HOUR}.side=CONTEXT", f"{F}[feature_name=history].side=USER")
    assert found == {
        "user": "user",
        "app": "item",
        "hour": "context",
        "age": "item",
        "tags": "item",
        "history": "user",
    }


def test_a_cross_may_say_the_side_of_columns_that_it_alone_reads(base):
    text = base.replace('input_names: ["user", "hour"]', 'input_names: ["user", "cost_band"] side: USER').replace(
        '  input_fields { input_name: "tags" }',
        '  input_fields { input_name: "tags" }\n  input_fields { input_name: "cost_band" }',
    )
    assert sides(text, f"{USER}.side=USER")["cost_band"] == "user"
    assert sides(text.replace(" side: USER", ""), f"{USER}.side=USER")["cost_band"] == "item"


def test_the_value_of_an_item_is_its_own(base):
    assert sides(base, f"{VALUE}=cost")["cost"] == "item"


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (
            [f"{CROSS}.side=USER", f"{USER}.side=USER"],
            ['column "hour" is of the user here and of the item in feature "hour"', "Leave side out of a ComboFeature"],
        ),
        ([f"{SLOT}.side=CONTEXT"], ["slot].side: is not for a position feature"]),
        ([f"{VALUE}=costs"], ['no column is called "costs"', 'Did you mean "cost"?']),
        ([f"{VALUE}=user"], ['expected a column of numbers; "user" is STRING']),
        ([f"{VALUE}=slot"], ["feeds a position feature"]),
        ([f"{VALUE}=click"], ['"click" is a label, which is not known']),
        ([f"{AGE}.side=USER", f"{VALUE}=age"], ["is of the user; expected a column that each item has for itself"]),
        (
            [f"{F}[feature_name={name}].side=USER" for name in ("user", "app", "hour", "age", "tags", "history")],
            ["no candidate differs from another"],
        ),
    ],
)
def test_mistakes(report, overrides, parts):
    (line,) = report(overrides=overrides)
    for part in parts:
        assert part in line


def test_features_of_one_column_agree(report, change):
    twin = '  features { feature_name: "age2" input_names: "age" feature_type: RawFeature embedding_dim: 8 }\n'
    tags = '  features { feature_name: "tags"'
    text = change((tags, twin + tags), ('"age", "tags", "user_x_hour"', '"age", "age2", "tags", "user_x_hour"'))
    (line,) = report(text, [f"{AGE}.side=USER"])
    assert (
        'age2].side: column "age" is of the item here (the default) and of the user in feature "age" (line 24)' in line
    )
    assert report(text, [f"{AGE}.side=USER", f"{F}[feature_name=age2].side=USER"]) == []


def test_no_column_is_called_like_the_weights(report, base):
    (line,) = report(base.replace('"age"', '"weights"'))
    assert 'a column is called "weights", as the input of the signature rank is' in line
