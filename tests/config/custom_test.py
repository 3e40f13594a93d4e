"""Bodies and losses of one's own in a config: what is said without a plugin, and of what does not fit its row."""

import pytest

from apps_rec import plugins
from apps_rec.config import parse_text
from apps_rec.config.custom import body_arguments
from apps_rec.config.outputs import outputs
from apps_rec.config.tasks.losses import asked_losses
from apps_rec.errors import ConfigError
from apps_rec.plugins import CustomBody, CustomLoss
from apps_rec.plugins.tables import put
from tests.config.conftest import BASE

MMOE = "mmoe { expert_dnn { hidden_units: [32, 16] } num_expert: 2 }"
FIRST = 'label_name: "click" dnn { hidden_units: 16 }'
WHERE = "model_config.rank_model.body.custom"


def text_with(body='custom { name: "mine" }', loss="", towers="dnn { hidden_units: 16 }"):
    """The config with this body, and this loss of the first tower."""
    text = BASE.replace(MMOE, body).replace(FIRST, f'label_name: "click" dnn {{ hidden_units: 16 }} {loss}')
    return text.replace("dnn { hidden_units: 16 }", towers)


def custom_loss(text):
    return f"losses {{ loss_type: CUSTOM custom_loss {{ {text} }} }}"


@pytest.fixture
def mine(own_plugins):
    """Hand over a body and losses."""
    params = {"units": 4, "rate": 0.5, "word": "a", "is_on": False, "sizes": (8, 4), "depth": int}
    bodies = {"mine": CustomBody(print, params), "whole": CustomBody(print, makes_logits=True)}
    losses = {
        "hinge": CustomLoss(print, params={"margin": 1.0}),
        "of_value": CustomLoss(print, kinds=("value",)),
        "pairs": CustomLoss(of_rows=print, compares=True),
    }
    put("my_team", bodies, losses)


def mistakes(text):
    with pytest.raises(ConfigError) as error:
        parse_text(text, files_here=True)
    return str(error.value).splitlines()


def test_without_a_plugin_the_option_is_named(own_plugins):
    body, loss = mistakes(text_with(loss=custom_loss('name: "hinge"')))
    assert 'body.custom.name: no body of one\'s own is called "mine". No plugin is loaded: name the module' in body
    assert 'custom_loss.name: no loss of one\'s own is called "hinge". No plugin is loaded' in loss
    assert "--plugin my_team.models" in body


def test_an_export_is_read_without_its_plugin(own_plugins):
    loss = custom_loss('name: "of_value" kind: "value"')
    text = text_with(loss=loss, towers="").replace("head { funnel { } }", "").replace("position_tower { }", "")
    text = text.replace(" position: true", "").replace(
        'feature_groups { group_name: "position" feature_names: "slot" }', ""
    )
    message = parse_text(text, files_here=False).message
    assert "y_ctr" in outputs(message)


def test_a_misspelt_name(mine):
    (line,) = mistakes(text_with('custom { name: "mime" }'))
    assert 'is called "mime". BODIES of my_team have mine, whole. Did you mean "mine"?' in line


def test_arguments_are_those_of_the_config_or_the_row(mine):
    given = {"depth": "int_value: 3", "rate": "int_value: 1", "sizes": "int_values: 2"}
    params = " ".join(f'params {{ name: "{name}" {value} }}' for name, value in given.items())
    config = parse_text(text_with(f'custom {{ name: "mine" {params} }}'))
    found = body_arguments(config.message.model_config.rank_model.body.custom)
    assert found == {"units": 4, "rate": 1.0, "word": "a", "is_on": False, "sizes": (2,), "depth": 3}
    assert isinstance(found["rate"], float)
    (again,) = {parse_text(config.to_text()).to_text()}
    assert again == config.to_text()


def test_an_argument_is_set_by_its_name(mine):
    text = text_with('custom { name: "mine" params { name: "depth" int_value: 3 } }')
    config = parse_text(text, overrides=["model_config.rank_model.body.custom.params[name=depth].int_value=5"])
    assert body_arguments(config.message.model_config.rank_model.body.custom)["depth"] == 5


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ("", f'{WHERE}: params is missing: expected params {{ name: "depth" int_value: ... }}, which the body'),
        ('params { name: "unit" int_value: 1 }', 'the body "mine" has no argument "unit"; there are units, rate'),
        ('params { name: "units" }', '"units": expected int_value, got no value.'),
        ('params { name: "units" float_value: 1 }', 'float_value: "units": expected int_value.'),
        ('params { name: "word" int_value: 1 }', '"word": expected string_value.'),
        ('params { name: "is_on" int_value: 1 }', '"is_on": expected bool_value.'),
        ('params { name: "sizes" int_value: 1 }', '"sizes": expected int_values.'),
        ('params { name: "units" int_value: 1 int_values: 2 }', "expected int_value, got int_value and int_values."),
        ('params { name: "units" int_value: 1 } params { name: "units" int_value: 2 }', '"units" is given already'),
        ("params { int_value: 1 }", "name is missing: expected one of units, rate"),
    ],
)
def test_arguments_that_do_not_fit(mine, params, expected):
    needed = 'params { name: "depth" int_value: 3 }' if params else ""
    (line,) = mistakes(text_with(f'custom {{ name: "mine" {needed} {params} }}'))
    assert expected in line


def test_a_body_needs_a_name(mine):
    (line,) = mistakes(text_with("custom { }"))
    assert f"{WHERE}: name is missing: expected a key of BODIES in a module that --plugin names" in line


def test_a_body_that_makes_logits_leaves_no_tower(mine):
    text = text_with('custom { name: "whole" }').replace("fm { }", "fm { output: TOWER_INPUT }")
    lines = mistakes(text)
    assert len(lines) == 3
    assert all('the body "whole" makes the logits itself' in line for line in lines)
    parse_text(text_with('custom { name: "whole" }', towers=""))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("loss_type: CUSTOM", "CUSTOM needs a name; expected losses { loss_type: CUSTOM custom_loss { name: "),
        ("losses { loss_type: CUSTOM }", "name is missing: expected a key of LOSSES"),
        (custom_loss('name: "hing"'), 'LOSSES of my_team have hinge, of_value, pairs. Did you mean "hinge"?'),
        (custom_loss('name: "hinge" kind: "valeu"'), "expected probability, classes, two_logits, value, share, amount"),
        (custom_loss('name: "of_value"'), '"of_value" is not for a task of the kind probability; expected value.'),
        (custom_loss('name: "hinge" params { name: "margin" string_value: "a" }'), '"margin": expected float_value.'),
        (custom_loss('name: "hinge" session_name: "usre"'), 'no column is called "usre"'),
        ("losses { loss_type: CLASSIFICATION custom_loss { } }", "is not for CLASSIFICATION"),
    ],
)
def test_losses_that_do_not_fit(mine, loss, expected):
    lines = mistakes(text_with(MMOE, loss))
    assert [line for line in lines if expected in line] == lines


def test_a_loss_is_asked_for_by_its_own_name(mine):
    loss = custom_loss('name: "hinge" session_name: "user" params { name: "margin" float_value: 2 }')
    config = parse_text(text_with(MMOE, f"{loss} losses {{ loss_type: CLASSIFICATION weight: 2 }}"))
    first, second = asked_losses(config.message.model_config.rank_model.task_towers[0])
    assert (first.name, first.session, dict(first.options)) == ("hinge", "user", {"margin": 2.0})
    assert (second.name, second.weight) == ("CLASSIFICATION", 2.0)


def test_kinds_are_those_of_a_tower(mine):
    loss = custom_loss('name: "of_value" kind: "value"') + " losses { loss_type: BINARY_FOCAL_LOSS }"
    lines = mistakes(text_with(MMOE, loss).replace("head { funnel { } }", ""))
    assert any("BINARY_FOCAL_LOSS does not go with CUSTOM, whose logits are others" in line for line in lines)


def test_losses_of_pairs_are_not_compiled(mine):
    text = text_with(MMOE, custom_loss('name: "pairs"')).replace("num_steps: 500", "num_steps: 500 jit_compile: true")
    (line,) = mistakes(text)
    assert "XLA cannot compile CUSTOM" in line


def test_the_tables_cannot_be_changed_from_outside(mine):
    with pytest.raises(TypeError):
        plugins.bodies()["other"] = plugins.bodies()["mine"]  # type: ignore[index]
