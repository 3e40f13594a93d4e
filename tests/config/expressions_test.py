"""ExprFeatures in a config."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.sides import column_sides

E = "feature_config.features[feature_name=e]"
INPUTS = '["age", "cost", "hour"]'


@pytest.fixture
def text(change):
    def make(expression, inputs=INPUTS, more=""):
        feature = f'features {{ feature_name: "e" input_names: {inputs} feature_type: ExprFeature {more} '
        return change(
            ("feature_config {\n", f"feature_config {{\n  {feature} expression: '{expression}' }}\n"),
            ('"user_x_hour", "history"]', '"user_x_hour", "history", "e"]'),
            ("    fm { }\n", '    fm { group_name: "pairs" wide_group_name: "pairs" }\n'),
            ("  rank_model {", '  feature_groups { group_name: "pairs" feature_names: "user" }\n  rank_model {'),
        )

    return make


def test_columns_that_the_expression_does_not_read_are_dropped_with_a_note(text):
    config = parse_text(text("age > 18 | cost < 2", more="input_sides: [ITEM, CONTEXT, ITEM]"), "a.config")
    assert config.notes == [f"a.config:21: {E}.input_names[2]: noted: the expression does not read it"]
    (feature,) = (one for one in config.message.feature_config.features if one.feature_name == "e")
    assert list(feature.input_names) == ["age", "cost"]
    assert list(feature.input_sides) == [0, 2]
    assert parse_text(config.to_text()).message == config.message


def test_an_expression_may_cross_sides(text):
    age = 'features { feature_name: "age" input_names: "age"'
    user = text("age > cost", more="input_sides: [USER, ITEM, ITEM]").replace(age, f"{age} side: USER")
    sides = column_sides(parse_text(user).message)
    assert (sides["age"], sides["cost"]) == ("user", "item")
    without = text("age > cost").replace(age, f"{age} side: USER")
    assert column_sides(parse_text(without).message)["age"] == "user"


NEITHER = "is neither a column of input_names nor a function."
CONDITION = 'expected a condition, such as a comparison, beside "&", got a number.'
MISTAKES = [
    (("age > ",), 'expression: column 7: expected a number, a column or "(", the expression ends here.'),
    (("agee > 1",), f'expression: column 1: "agee" {NEITHER} Did you mean "age"?'),
    (("slot > 1",), f'expression: column 1: "slot" {NEITHER} Add it to input_names.'),
    (("1 > 2",), "expression: reads no column, so that it is the same for every row."),
    (("age & cost > 1",), f"expression: column 1: {CONDITION}"),
    (("app > 1", '"app"'), 'input_names[0]: the column "app" is STRING (line 12): an ExprFeature reads numbers;'),
    (
        ("age > 1", '"age"', 'embedding_name: "t"'),
        "embedding_name: a number has no table to share; tables hold ids.",
    ),
    (
        ("age > cost", INPUTS, "input_sides: [ITEM, ITEM]"),
        "input_sides: expected 3, one for each of input_names, got 2.",
    ),
    (("age > 1", '"age"', "side: ITEM input_sides: ITEM"), "input_sides: side is given too; expected one of them."),
    (("", '"age"'), "expression is missing: expected a computation with the columns of input_names,"),
]


@pytest.mark.parametrize(("arguments", "expected"), MISTAKES, ids=[" ".join(one[0])[:50] for one in MISTAKES])
def test_mistakes(text, report, arguments, expected):
    lines = report(text(*arguments))
    assert [line for line in lines if f"{E}.{expected}" in line or f"{E}: {expected}" in line], lines


def test_an_expression_beside_another_type_is_noted(base):
    (note,) = parse_text(base, "a.config", ["feature_config.features[feature_name=age].expression=age>1"]).notes
    assert note.endswith("expression: noted: a RawFeature does not read it")
