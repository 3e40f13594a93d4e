"""Losses that a config asks for, and what is said of wrong ones."""

import pytest

from apps_rec.config import parse_text
from apps_rec.config.tasks.losses import asked_losses, is_learned, losses_of, session_columns
from apps_rec.errors import ConfigError
from apps_rec.protos.model_pb2 import ModelConfig, RankModel
from apps_rec.protos.network_pb2 import TaskTower

R = "model_config.rank_model"
FUNNEL = f"{R}.head.funnel"
CTR, CVR = f"{R}.task_towers[tower_name=ctr]", f"{R}.task_towers[tower_name=cvr]"


def losses(*texts):
    """Override the losses of the first of two independent towers."""
    return [f"{R}.head=independent {{ }}", *(f"{CTR}.losses+={text}" for text in texts)]


# (overrides, parts of the one line they give)
MISTAKES = [
    ([f"{CTR}.loss_type=L2_LOS"], ["loss_type", "L2_LOS"]),
    (
        [*losses("{ loss_type: PAIR_WISE_LOSS }"), f"{CTR}.loss_type=CLASSIFICATION"],
        ["task_towers[tower_name=ctr].loss_type: losses are given too; expected one of them"],
    ),
    (losses("{ weight: 2 }"), ["losses[0]: loss_type is missing"]),
    (losses("{ loss_type: PAIR_WISE_LOSS weight: -1 }"), ["losses[0].weight: expected 0 or more, got -1"]),
    (losses("{ loss_type: PAIR_WISE_LOSS weight: 0 }"), ["losses[0].weight: every loss of the tower has weight 0"]),
    (
        losses("{ loss_type: PAIR_WISE_LOSS jrc_loss { alpha: 0.1 } }"),
        ["losses[0].jrc_loss: is not for PAIR_WISE_LOSS; expected pairwise_loss"],
    ),
    (
        losses("{ loss_type: BINARY_FOCAL_LOSS binary_focal_loss { ohem_ratio: 0 } }"),
        ["losses[0].binary_focal_loss.ohem_ratio: expected a number in (0, 1], got 0"],
    ),
    (
        losses('{ loss_type: PAIR_WISE_LOSS pairwise_loss { session_name: "usr" } }'),
        ['session_name: no column is called "usr"', 'Did you mean "user"?'],
    ),
    (
        losses('{ loss_type: PAIR_WISE_LOSS pairwise_loss { session_name: "age" } }'),
        ["pairwise_loss.session_name: rows are grouped by ids or words", '"age" is FLOAT'],
    ),
    (
        losses('{ loss_type: PAIR_WISE_LOSS pairwise_loss { session_name: "click" } }'),
        ['session_name: "click" is a label or a sample weight; expected the column of a session'],
    ),
    (losses("{ loss_type: LISTWISE_RANK_LOSS }"), ["listwise_rank_loss: session_name is missing"]),
    (
        losses("{ loss_type: CLASSIFICATION }", "{ loss_type: ORDER_CALIBRATE_LOSS }"),
        ["losses[1].order_calibrate_loss: tower_names is missing", "among cvr"],
    ),
    (
        losses(
            "{ loss_type: CLASSIFICATION }",
            '{ loss_type: ORDER_CALIBRATE_LOSS order_calibrate_loss { tower_names: "ctr" } }',
        ),
        ['tower_names[0]: no other tower with a probability is called "ctr"; there are cvr'],
    ),
    (
        losses('{ loss_type: ORDER_CALIBRATE_LOSS order_calibrate_loss { tower_names: "cvr" } }'),
        ["losses: ORDER_CALIBRATE_LOSS alone reads no label"],
    ),
    ([f"{CTR}.num_class=0"], ["num_class: expected 1 or more, got 0"]),
    ([*losses("{ loss_type: PAIR_WISE_LOSS }"), "train_config.jit_compile=true"], ["jit_compile: XLA cannot compile"]),
    (
        [
            *losses("{ loss_type: PAIR_WISE_LOSS }"),
            "train_config.train_distribute=TPUStrategy",
            "data_config.drop_remainder=true",
        ],
        ["train_distribute: XLA cannot compile PAIR_WISE_LOSS", "TPUStrategy compiles all of a step"],
    ),
    # a funnel
    ([f"{CVR}.loss_type=L2_LOSS"], ["loss_type: a step of a funnel is a probability, and L2_LOSS gives none"]),
    (
        [f"{CVR}.num_class=3"],
        ["task_towers[tower_name=cvr].loss_type: a step of a funnel is a probability, and num_class 3 gives none"],
    ),
    (
        [
            f"{CVR}.losses+={{ loss_type: CLASSIFICATION }}",
            f'{CVR}.losses+={{ loss_type: ORDER_CALIBRATE_LOSS order_calibrate_loss {{ tower_names: "ctr" }} }}',
        ],
        ["ORDER_CALIBRATE_LOSS does nothing in a funnel: ctcvr never exceeds a step"],
    ),
    # the later steps of a funnel alone
    (
        [f"{FUNNEL}.counterfactual={{ min_propensity: 0 }}"],
        ["counterfactual.min_propensity: expected a number in (0, 1], got 0"],
    ),
    (
        [f"{FUNNEL}.counterfactual={{ imputation_dnn {{ hidden_units: 4 }} }}"],
        ["counterfactual.imputation_dnn: is of estimator: DR; delete one of them."],
    ),
    (
        [f"{FUNNEL}.counterfactual={{ estimator: DR imputation_dnn {{ }} }}"],
        ["counterfactual.imputation_dnn: hidden_units is missing"],
    ),
    (
        [f"{FUNNEL}.counterfactual={{ }}", f"{FUNNEL}.tower_names=", f"{CTR}.tower_name=ips_cvr"],
        ['tower_name: "loss_ips_cvr" is the name of a loss of counterfactual; expected another name.'],
    ),
    # a task space by the value of a column
    (
        [f"{CTR}.task_space_indicator_name=hours", f"{CTR}.task_space_indicator_value=1"],
        ['task_space_indicator_name: no column is called "hours"'],
    ),
    ([f"{CTR}.task_space_indicator_name=hour"], ["task_space_indicator_value is missing"]),
    (
        [f"{CTR}.task_space_indicator_name=hour", f"{CTR}.task_space_indicator_value=late"],
        ['task_space_indicator_value: expected a value of type INT32, got "late"'],
    ),
    (
        [f"{CTR}.task_space_indicator_name=download", f"{CTR}.task_space_indicator_value=1"],
        ['task_space_indicator_name: "download" is a label; name it by task_space_indicator_label'],
    ),
    ([f"{CTR}.task_space_indicator_value=1"], ["task_space_indicator_value: needs task_space_indicator_name"]),
]


@pytest.mark.parametrize(("overrides", "parts"), MISTAKES, ids=lambda value: str(value)[:60])
def test_one_mistake_gives_one_line(overrides, parts, report):
    lines = report(overrides=overrides)
    assert len(lines) == 1, lines
    assert all(part in lines[0] for part in parts), lines[0]


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (("{ loss_type: L2_LOSS }", "{ loss_type: CLASSIFICATION }"), "CLASSIFICATION does not go with L2_LOSS"),
        (
            ("{ loss_type: ZILN_LOSS }", "{ loss_type: PAIR_WISE_LOSS }"),
            "PAIR_WISE_LOSS does not go with ZILN_LOSS",
        ),
        (("{ loss_type: JRC_LOSS }",), 'fm: is added to the logits of each tower; "ctr" has'),
        (("{ loss_type: JRC_LOSS }",), "position_tower: adds one number to every logit"),
    ],
)
def test_losses_of_other_logits(texts, says, report):
    assert any(says in line for line in report(overrides=losses(*texts)))


def test_a_class_that_was_not_observed(report):
    lines = report(
        overrides=[
            f"{R}.head=independent {{ }}",
            f"{CVR}.num_class=4",
            "data_config.input_fields[input_name=download].not_observed=-1,3",
        ]
    )
    (line,) = [line for line in lines if "not_observed" in line.partition(": expected")[0]]
    assert 'not_observed[1]: expected "" or a number outside the classes of tower "cvr", 0 to 3, got "3"' in line


def test_a_learned_weight_under_fixed_is_a_warning(base):
    asked = losses("{ loss_type: CLASSIFICATION learn_loss_weight: true }")
    found = parse_text(base, "a.config", asked).warnings
    assert any("learn_loss_weight: has no effect: loss_weight_strategy is Fixed" in line for line in found)
    by_uncertainty = [*asked, "model_config.loss_weight_strategy=Uncertainty"]
    assert not any("learn_loss_weight" in line for line in parse_text(base, "a.config", by_uncertainty).warnings)


def test_a_tower_without_losses_has_that_of_its_loss_type():
    assert [loss.loss_type for loss in losses_of(TaskTower(loss_type="BINARY_FOCAL_LOSS"))] == [10]
    (asked,) = asked_losses(TaskTower())
    assert (asked.name, asked.weight, asked.is_learned, asked.session, asked.options) == (
        "CLASSIFICATION",
        1,
        False,
        "",
        {},
    )


def test_options_are_read_off_the_message():
    tower = TaskTower()
    loss = tower.losses.add(loss_type="PAIRWISE_LOGISTIC_LOSS", weight=0.5)
    loss.pairwise_logistic_loss.session_name = "user"
    (asked,) = asked_losses(tower)
    assert (asked.session, asked.weight) == ("user", 0.5)
    # Without hinge_margin, which has no default.
    assert asked.options == {"temperature": 1, "ohem_ratio": 1, "use_label_margin": False}
    assert session_columns(RankModel(task_towers=[tower, tower])) == ("user",)


def test_order_calibration_is_against_the_towers_that_are_read():
    tower = TaskTower(relation_tower_names=["ctr"])
    loss = tower.losses.add(loss_type="ORDER_CALIBRATE_LOSS")
    tower.losses.add(loss_type="CLASSIFICATION")
    assert [asked.towers for asked in asked_losses(tower)] == [("ctr",), ()]
    loss.order_calibrate_loss.tower_names.append("like")
    assert [asked.towers for asked in asked_losses(tower)] == [("like",), ()]


def test_uncertainty_is_of_the_losses_that_say_so_or_of_all():
    model = ModelConfig()
    tower = model.rank_model.task_towers.add()
    first = tower.losses.add(loss_type="CLASSIFICATION")
    tower.losses.add(loss_type="PAIR_WISE_LOSS")
    model.rank_model.task_towers.add()

    def learned():
        return [
            [a.is_learned for a in asked_losses(tower, is_learned(model))] for tower in model.rank_model.task_towers
        ]

    assert learned() == [[False, False], [False]]
    model.loss_weight_strategy = ModelConfig.Uncertainty
    assert learned() == [[True, True], [True]]
    first.learn_loss_weight = True
    assert learned() == [[True, False], [False]]


def test_losses_of_the_model_are_those_of_its_one_tower(base):
    start = base.index("  rank_model {")
    text = base[:start] + (
        '  num_class: 1\n  losses { loss_type: F1_REWEIGHTED_LOSS weight: 2 }\n  label_name: "click"\n'
        "  rank_model { body { shared_bottom { } } task_towers { tower_name: 'ctr' } }\n}\n"
    )
    text = text.replace(' default_val: "0" }', " }").replace(" position: true", "")
    text = text.replace('  feature_groups { group_name: "position" feature_names: "slot" }\n', "")
    model = parse_text(text).message.model_config
    (tower,) = model.rank_model.task_towers
    assert [(asked.name, asked.weight) for asked in asked_losses(tower)] == [("F1_REWEIGHTED_LOSS", 2)]
    assert not model.losses
    assert not model.HasField("num_class")
    with pytest.raises(ConfigError, match=r"^a.config:\d+: model_config.losses\[0\].weight: expected 0 or more"):
        parse_text(text.replace("weight: 2", "weight: -2"), "a.config")


@pytest.mark.parametrize("override", ["loss_type=L2_LOSS", "num_class=3", "losses={ loss_type: L2_LOSS }"])
def test_losses_of_the_model_are_not_for_several_towers(override, report):
    name = override.partition("=")[0]
    (line,) = report(overrides=[f"model_config.{override}"])
    assert f"model_config.{name}: is for a model with one tower; give each tower its own {name}" in line


def test_weights_that_are_drawn(base):
    strategy = "model_config.loss_weight_strategy=Random"
    assert parse_text(base, overrides=[strategy]).warnings == []
    tower = base[base.index('    task_towers { tower_name: "cvr"') :].splitlines(keepends=True)[0]
    one = [strategy, f"{R}.head=independent {{ }}"]
    (warning,) = parse_text(base.replace(tower, ""), overrides=one).warnings
    assert "loss_weight_strategy: has no effect: there is one loss, which weighs 1" in warning
