"""What a config says of the values to try: each is checked, and all mistakes come in one report."""

import pytest

from apps_rec.config.load import changed, parse_text
from apps_rec.config.tuning.parameters import assignments, check_values, own_values, parameters_of
from apps_rec.errors import ConfigError

R = "model_config.rank_model"
MMOE = f"{R}.body.mmoe"


def tuned(base, *parameters):
    return parse_text(base + "tune_config {\n" + "\n".join(f"parameters {{ {one} }}" for one in parameters) + "\n}\n")


def test_each_value_is_checked_and_every_mistake_reported(base):
    config = tuned(
        base,
        f'path: "{MMOE}.num_expert" choices {{ value: ["2", "two"] }}',
        f'path: "{MMOE}.expert_dnn.dropout_ratio" uniform {{ min: 0.5 max: 1.5 }}',
        'path: "feature_config.features[feature_name=usr].embedding_dim" choices { value: ["4", "8"] }',
        'path: "train_config.seed" integers { min: 1 max: 9 }',
    )
    with pytest.raises(ConfigError) as caught:
        check_values(config, parameters_of(config))
    lines = str(caught.value).splitlines()
    expected = [
        ("parameters[0]", "=two", "expected a whole number"),
        ("parameters[1]", "dropout_ratio=1.5", "1.5"),
        ("parameters[2]", "features[feature_name=usr]", 'Did you mean "user"?'),
        ("parameters[2]", "features[feature_name=usr]", 'Did you mean "user"?'),
    ]
    assert len(lines) == len(expected)
    for line, words in zip(lines, expected, strict=True):
        assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("parameter", "mistake"),
    [
        ('path: "train_config.seed"', "says no values; expected one of uniform, log_uniform, integers, choices"),
        ("integers { min: 1 max: 2 }", "path is missing"),
        ('path: "train_config.seed" integers { min: 2 max: 2 }', "expected more than min, 2, got 2"),
        ('path: "train_config.seed" integers { min: 2 }', "max is missing"),
        ('path: "train_config.seed" integers { min: 2 max: 9 step: 0 }', "step: expected 1 or more, got 0"),
        ('path: "train_config.seed" log_uniform { min: 0 max: 2 }', "expected more than 0 for a logarithmic scale"),
        ('path: "train_config.seed" choices { value: "1" }', "expected two values or more to choose from, got 1"),
        ('path: "train_config.seed" choices { value: ["1", "1"] }', '"1" is in this list already'),
        ('path: "model_dir" choices { value: ["a", "b"] }', '"model_dir" belongs to the study'),
        ('path: ["train_config.seed", "train_config.seed"] integers { min: 1 max: 2 }', "is tried already at line"),
    ],
)
def test_a_parameter_that_says_nothing_to_try_is_a_mistake(base, parameter, mistake):
    with pytest.raises(ConfigError) as caught:
        tuned(base, parameter)
    assert mistake in str(caught.value)


@pytest.mark.parametrize(
    ("metric", "mistake"),
    [("auc_ctrr", 'Did you mean "auc_ctr"?'), ("calibration_ctr", "neither the largest nor the smallest is best")],
)
def test_the_metric_is_one_that_has_a_best_value(base, metric, mistake):
    with pytest.raises(ConfigError) as caught:
        parse_text(f'{base}tune_config {{ metric: "{metric}" }}')
    assert mistake in str(caught.value)


def test_values_of_the_config_are_found_among_those_to_try(base):
    config = tuned(
        base,
        f'path: "{MMOE}.num_expert" integers {{ min: 1 max: 9 step: 3 }}',
        f'path: "{MMOE}.expert_dnn.hidden_units" choices {{ value: ["8", "[32, 16]"] }}',
        f'path: ["{R}.task_towers[0].weight", "{R}.task_towers[1].weight"] uniform {{ min: 0 max: 1 }}',
        f'path: "{R}.task_towers[tower_name=cvr].dnn.hidden_units" choices {{ value: ["8", "4"] }}',
        'path: "model_config.embedding_regularization" uniform { min: 0 max: 1 }',
        'path: "feature_config.features[feature_name=hour].num_buckets" integers { min: 24 max: 48 }',
    )
    # 2 experts are on no step of three; the two weights differ; 16 is not among the choices; a default is a value too.
    assert own_values(config, parameters_of(config)) == {
        f"{MMOE}.expert_dnn.hidden_units": "[32, 16]",
        "model_config.embedding_regularization": 0.0,
        "feature_config.features[feature_name=hour].num_buckets": 24,
    }


def test_one_choice_of_values_is_written_as_overrides(base):
    config = tuned(
        base,
        f'path: ["{R}.task_towers[0].weight", "{R}.task_towers[1].weight"] uniform {{ min: 0 max: 1 }}',
        f'path: "{MMOE}.num_expert" integers {{ min: 1 max: 9 }}',
    )
    space = parameters_of(config)
    chosen = assignments(space, {space[0].name: 0.123456789, space[1].name: 5})
    assert chosen == [
        f"{R}.task_towers[0].weight=0.123457",
        f"{R}.task_towers[1].weight=0.123457",
        f"{MMOE}.num_expert=5",
    ]
    rank = changed(config, chosen).message.model_config.rank_model
    assert [rank.body.mmoe.num_expert, *(round(tower.weight, 6) for tower in rank.task_towers)] == [
        5,
        0.123457,
        0.123457,
    ]
    assert config.message.model_config.rank_model.body.mmoe.num_expert == 2


def test_a_config_with_more_overrides_is_what_it_would_be_with_all_of_them(base):
    first, second = (
        ["train_config.num_steps=7", f"{MMOE}.num_expert=3"],
        [f"{MMOE}.num_expert=4", "train_config.seed=3"],
    )
    config = parse_text(base, "a.config", first)
    assert changed(config, second).message == parse_text(base, "a.config", [*first, *second]).message
    with pytest.raises(ConfigError, match=r"--set train_config.num_stepz=1: .*num_steps"):
        changed(config, ["train_config.num_stepz=1"])
