"""Defaults that depend on other fields."""

import pytest

from apps_rec.config import parse_text

R = "model_config.rank_model"


def test_names_and_groups(base, change):
    text = change(('feature_name: "user" input_names: "user"', 'input_names: "user"'))
    message = parse_text(text).message
    features = message.feature_config.features
    assert [(f.feature_name, f.embedding_name) for f in features][:2] == [("user", "user"), ("app", "app")]
    assert features[6].embedding_name == "app"
    rank = message.model_config.rank_model
    assert rank.body.mmoe.group_name == rank.fm.group_name == rank.fm.wide_group_name == "all"
    assert rank.position_tower.group_name == "position"
    assert list(rank.head.funnel.tower_names) == ["ctr", "cvr"]
    assert [m.WhichOneof("metric") for m in rank.task_towers[0].metrics_set] == ["auc", "log_loss", "calibration"]
    assert rank.task_towers[1].dnn.activation == "relu"
    assert [(s.output, round(s.weight, 3)) for s in message.model_config.score] == [
        ("probs_ctr", 0.95),
        ("probs_ctcvr", 0.05),
    ]


def test_head_is_independent(base):
    rank = parse_text(base.replace("    head { funnel { } }\n", "")).message.model_config
    assert rank.rank_model.head.WhichOneof("head") == "independent"
    assert [s.output for s in rank.score] == ["probs_ctr", "probs_cvr"]


def test_metrics_of_eval_config(base):
    towers = parse_text(
        base,
        "a",
        ["eval_config.metrics_set={log_loss {}}", f"{R}.task_towers[0].metrics_set={{gauc {{uid_field: 'user'}}}}"],
    ).message.model_config.rank_model.task_towers
    assert [[m.WhichOneof("metric") for m in t.metrics_set] for t in towers] == [["gauc"], ["log_loss"]]


def test_optimizer(base):
    adam = parse_text(base).message.train_config.optimizer_config[0].adam_optimizer
    assert adam.learning_rate.constant_learning_rate.learning_rate == pytest.approx(0.002)
    config = parse_text(base, "a", ["train_config.optimizer_config={ftrl_optimizer {}}"]).message.train_config
    rate = config.optimizer_config[0].ftrl_optimizer.learning_rate
    assert rate.constant_learning_rate.learning_rate == pytest.approx(0.002)
    assert config.optimizer_config[0].WhichOneof("optimizer") == "ftrl_optimizer"


@pytest.mark.parametrize(
    ("given", "combiner", "pooling"),
    [
        ("", False, "mean"),
        ('combiner: "mean"', False, "mean"),
        ("sequence_combiner { mean { } }", False, "mean"),
    ],
)
def test_pooling_of_a_sequence(change, given, combiner, pooling):
    text = change(('    sequence_combiner { target_attention { key: "app" } }\n', f"    {given}\n"))
    feature = parse_text(text).message.feature_config.features[6]
    assert feature.HasField("combiner") == combiner
    assert feature.sequence_combiner.WhichOneof("combiner") == pooling


def test_network_of_attention(base):
    attention = parse_text(base).message.feature_config.features[6].sequence_combiner.target_attention
    assert (list(attention.dnn.hidden_units), attention.dnn.use_bn, attention.dnn.activation) == ([32], False, "relu")


def test_fm_without_a_group_of_its_own(report, change):
    text = change(("    body { mmoe { expert_dnn { hidden_units: [32, 16] } num_expert: 2 } }\n", ""))
    text = text.replace("dnn { hidden_units: 16 } ", "")
    (line,) = report(text)
    assert 'fm: group_name is missing: no group is called "fm" and there is no body whose group it could take' in line
    assert report(text, [f"{R}.fm.group_name=all"]) == []


def test_the_last_checkpoint_of_a_finished_training_is_exported(base):
    assert parse_text(base).message.export_config.exporter_type == "final"


def test_label_of_a_single_tower(base, change, report):
    single = change(
        ("    head { funnel { } }\n", ""),
        ('    task_towers { tower_name: "cvr" label_name: "download" dnn { hidden_units: 16 } weight: 0.05 }\n', ""),
        ('label_name: "click" ', ""),
    )
    assert parse_text(single).message.model_config.rank_model.task_towers[0].label_name == "click"
    config = parse_text(single, "a", ["model_config.label_name=download"])
    assert config.message.model_config.rank_model.task_towers[0].label_name == "download"
    (line,) = report(single, ["model_config.label_name=download", f"{R}.task_towers[0].label_name=click"])
    assert '"download" is not the label_name of the tower, "click"; expected one of them' in line


def test_resolves_to_itself(base):
    overrides = ["export_config.exporter_type=best", "export_config.best_exporter_metric=auc_ctr"]
    config = parse_text(base, "a", overrides)
    again = parse_text(config.to_text())
    assert again.message == config.message
    assert again.to_text() == config.to_text()
    assert again.warnings == config.warnings == []


def test_a_missing_cell_of_several_numbers_is_zeros(change):
    raw = (
        'input_names: "age" feature_type: RawFeature embedding_dim: 8',
        'input_names: "age" feature_type: RawFeature',
    )
    text = change(
        ('input_name: "age" input_type: FLOAT', 'input_name: "age" %s'),
        (raw[0], f"{raw[1]} embedding_dim: 8 raw_input_dim: 3 separator: ';'"),
    )

    def default(column):
        config = parse_text(text % column)
        assert parse_text(config.to_text()).message == config.message
        return next(one.default_val for one in config.message.data_config.input_fields if one.input_name == "age")

    assert default("") == "0;0;0"
    assert default('default_val: ""') == "0;0;0"
    assert default('default_val: "1;2;3"') == "1;2;3"
    assert default("input_type: FLOAT input_dim: 3") == "0;0;0"
