"""Shorthands: what each becomes, and that mistakes keep the words of the file."""

import pytest
from google.protobuf import text_format

from apps_rec.config import metric_names, outputs, parse_text
from apps_rec.errors import ConfigError
from apps_rec.protos.model_pb2 import ModelConfig, RankModel

HEAD = """
train_input_path: "t" model_dir: "m" train_config { num_steps: 1 }
data_config {
  input_type: ParquetInput
  label_fields: "click" label_fields: "buy"
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "buy" input_type: INT32 }
  input_fields { input_name: "user" }
  input_fields { input_name: "app" }
}
eval_config { metrics_set { auc { } } }
feature_configs { input_names: "user" hash_bucket_size: 10 embedding_dim: 4 }
feature_configs { input_names: "app" hash_bucket_size: 10 embedding_dim: 4 }
"""
TOWERS = """task_towers { tower_name: "ctr" label_name: "click" }
task_towers { tower_name: "ctcvr" label_name: "buy" weight: .5 }"""
AUC = "metrics_set { auc { } }"
BAYES = """task_towers { tower_name: "ctr" label_name: "click" dnn { hidden_units: 5 } }
task_towers { tower_name: "ctcvr" weight: .5 relation_tower_names: "ctr" relation_dnn { hidden_units: 3 } }"""
READ = f"""task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 5 activation: "relu" }} {AUC} }}
task_towers {{ tower_name: "ctcvr" label_name: "buy" weight: .5 relation_tower_names: "ctr"
  relation_dnn {{ hidden_units: 3 activation: "relu" }} {AUC} }}"""


def groups(*names):
    return "".join(f'feature_groups {{ group_name: "{name}" feature_names: ["user", "app"] }}' for name in names)


def rank(model, *names):
    config = parse_text(f"{HEAD}model_config {{ {groups(*names)} {model} }}")
    again = parse_text(config.to_text())
    assert again.message == config.message
    return config.message.model_config


# (shorthand, groups, rank_model, score)
CASES = [
    (
        f"mmoe {{ expert_dnn {{ hidden_units: 8 }} num_expert: 2 {TOWERS} }}",
        ["all"],
        f"""body {{ mmoe {{ group_name: "all" num_expert: 2 expert_dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        head {{ independent {{ }} }} l2_regularization: 1e-4
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "ctcvr" label_name: "buy" weight: .5 {AUC} }}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        'esmm { cvr_tower { label_name: "buy" weight: .5 } ctr_tower { tower_name: "pctr" label_name: "click" } }',
        ["all"],
        f"""body {{ shared_bottom {{ group_name: "all" }} }} l2_regularization: 1e-4
        head {{ funnel {{ tower_names: "pctr" tower_names: "cvr" }} }}
        task_towers {{ tower_name: "pctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "cvr" label_name: "buy" weight: .5 {AUC} }}""",
        [("probs_pctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        """esmm { groups { input: "u" dnn { hidden_units: 3 activation: "tf.nn.elu" } } groups { input: "a" }
        ctr_tower { label_name: "click" } cvr_tower { label_name: "buy" } l2_regularization: 0
        expert_dnn { hidden_units: 8 } num_expert: 2 gate_dnn { hidden_units: 3 } fm { group_name: "a" } }""",
        ["u", "a"],
        f"""body {{ mmoe {{ num_expert: 2 expert_dnn {{ hidden_units: 8 activation: "relu" }}
          groups {{ input: "u" dnn {{ hidden_units: 3 activation: "elu" }} }} groups {{ input: "a" }}
          gate_dnn {{ hidden_units: 3 activation: "relu" }} }} }}
        fm {{ group_name: "a" wide_group_name: "a" }} l2_regularization: 0
        head {{ funnel {{ tower_names: "ctr" tower_names: "cvr" }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "cvr" label_name: "buy" {AUC} }}""",
        [("probs_ctr", 1), ("probs_ctcvr", 1)],
    ),
    (
        f"simple_multi_task {{ bottom_dnn {{ hidden_units: 8 }} fm {{ output: TOWER_INPUT }} {TOWERS} }}",
        ["all", "fm"],
        f"""body {{ shared_bottom {{ group_name: "all" dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        fm {{ group_name: "fm" wide_group_name: "fm" output: TOWER_INPUT }}
        head {{ independent {{ }} }} l2_regularization: 1e-4
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "ctcvr" label_name: "buy" weight: .5 {AUC} }}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        f"""dbmtl {{ bottom_dnn {{ hidden_units: 8 }} {BAYES} }}""",
        ["all"],
        f"""body {{ shared_bottom {{ group_name: "all" dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        head {{ independent {{ }} }} l2_regularization: 1e-4 {READ}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        f"""dbmtl {{ bottom_dnn {{ hidden_units: 8 }} expert_dnn {{ hidden_units: 4 }} num_expert: 3 {BAYES} }}""",
        ["all"],
        f"""body {{ mmoe {{ num_expert: 3 expert_dnn {{ hidden_units: 4 activation: "relu" }}
          groups {{ input: "all" dnn {{ hidden_units: 8 activation: "relu" }} }} }} }}
        head {{ independent {{ }} }} l2_regularization: 1e-4 {READ}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        f"dbmtl {{ expert_dnn {{ hidden_units: 4 }} num_expert: 3 {TOWERS} }}",
        ["all"],
        f"""body {{ mmoe {{ group_name: "all" num_expert: 3 expert_dnn {{ hidden_units: 4 activation: "relu" }} }} }}
        head {{ independent {{ }} }} l2_regularization: 1e-4
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "ctcvr" label_name: "buy" weight: .5 {AUC} }}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        f"""mmoe {{ {TOWERS} experts {{ expert_name: "a" dnn {{ hidden_units: 8 }} }}
        experts {{ expert_name: "b" dnn {{ hidden_units: 8 }} }} }}""",
        ["all"],
        f"""body {{ mmoe {{ group_name: "all" num_expert: 2 expert_dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        head {{ independent {{ }} }} l2_regularization: 1e-4
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "ctcvr" label_name: "buy" weight: .5 {AUC} }}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        f"""ple {{ {TOWERS} l2_regularization: .5 extraction_networks {{ network_name: "one" expert_num_per_task: 3
        share_num: 2 task_expert_net {{ hidden_units: 8 }} share_expert_net {{ hidden_units: [9, 8] }} }} }}""",
        ["all"],
        f"""body {{ ple {{ group_name: "all" extraction_networks {{ network_name: "one"
        expert_num_per_task: 3 share_num: 2 task_expert_net {{ hidden_units: 8 activation: "relu" }}
        share_expert_net {{ hidden_units: [9, 8] activation: "relu" }} }} }} }}
        head {{ independent {{ }} }} l2_regularization: .5
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}
        task_towers {{ tower_name: "ctcvr" label_name: "buy" weight: .5 {AUC} }}""",
        [("probs_ctr", 1), ("probs_ctcvr", 0.5)],
    ),
    (
        "deepfm { dnn { hidden_units: 8 } }",
        ["deep"],
        f"""body {{ shared_bottom {{ group_name: "deep" }} }} l2_regularization: 1e-4
        fm {{ group_name: "deep" wide_group_name: "deep" output: LOGIT }} head {{ independent {{ }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 8 activation: "relu" }} {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        'label_name: "buy" deepfm { dnn { hidden_units: 8 } final_dnn { hidden_units: 4 } tower_name: "x" }',
        ["deep", "fm", "wide"],
        f"""body {{ shared_bottom {{ group_name: "deep" dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        fm {{ group_name: "fm" wide_group_name: "wide" output: TOWER_INPUT }} l2_regularization: 1e-4
        head {{ independent {{ }} }}
        task_towers {{ tower_name: "x" label_name: "buy" dnn {{ hidden_units: 4 activation: "relu" }} {AUC} }}""",
        [("probs_x", 1)],
    ),
    (
        "deepfm { dnn { hidden_units: 8 } final_dnn { hidden_units: 4 } wide_output_dim: 3 dense_regularization: .25 }",
        ["deep", "wide"],
        f"""body {{ shared_bottom {{ group_name: "deep" dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        fm {{ group_name: "deep" wide_group_name: "wide" output: TOWER_INPUT wide_output_dim: 3 }}
        l2_regularization: .25 head {{ independent {{ }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 4 activation: "relu" }} {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        """multi_tower { towers { input: "user" dnn { hidden_units: 8 } } towers { input: "item" }
        final_dnn { hidden_units: 4 } l2_regularization: .5 }""",
        ["user", "item"],
        f"""body {{ shared_bottom {{ normalize_groups: true
        groups {{ input: "user" dnn {{ hidden_units: 8 activation: "relu" }} }} groups {{ input: "item" }} }} }}
        head {{ independent {{ }} }} l2_regularization: .5
        task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 4 activation: "relu" }} {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        "wide_and_deep { dnn { hidden_units: 8 } final_dnn { hidden_units: 4 } wide_output_dim: 3 }",
        ["deep", "wide"],
        f"""body {{ shared_bottom {{ group_name: "deep" dnn {{ hidden_units: 8 activation: "relu" }} }} }}
        fm {{ pairwise: false wide_group_name: "wide" output: TOWER_INPUT wide_output_dim: 3 }}
        l2_regularization: 1e-4 head {{ independent {{ }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 4 activation: "relu" }} {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        'wide_and_deep { dnn { hidden_units: 8 } l2_regularization: 0 tower_name: "x" }',
        ["deep", "wide"],
        f"""body {{ shared_bottom {{ group_name: "deep" }} }}
        fm {{ pairwise: false wide_group_name: "wide" output: LOGIT }} l2_regularization: 0 head {{ independent {{ }} }}
        task_towers {{ tower_name: "x" label_name: "click" dnn {{ hidden_units: 8 activation: "relu" }} {AUC} }}""",
        [("probs_x", 1)],
    ),
    (
        """dcn { deep_tower { input: "all" dnn { hidden_units: 8 } } cross_tower { input: "all" cross_num: 5 }
        final_dnn { hidden_units: 4 } }""",
        ["all"],
        f"""body {{ cross {{ group_name: "all" dnn {{ hidden_units: 8 activation: "relu" }} cross_num: 5 }} }}
        l2_regularization: 1e-4 head {{ independent {{ }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 4 activation: "relu" }} {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        "dlrm { bot_dnn { hidden_units: 4 } top_dnn { hidden_units: 8 } arch_interaction_itself: true }",
        ["sparse", "dense"],
        f"""body {{ interaction {{ groups {{ input: "dense" dnn {{ hidden_units: 4 activation: "relu" }} }}
        groups {{ input: "sparse" }} arch_interaction_itself: true }} }} l2_regularization: 1e-5
        head {{ independent {{ }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" dnn {{ hidden_units: 8 activation: "relu" }} {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        "fm { }",
        ["deep", "wide"],
        f"""fm {{ group_name: "deep" wide_group_name: "wide" }} head {{ independent {{ }} }}
        task_towers {{ tower_name: "ctr" label_name: "click" {AUC} }}""",
        [("probs_ctr", 1)],
    ),
    (
        'fm { tower_name: "z" }',
        ["all"],
        f"""fm {{ group_name: "all" wide_group_name: "all" }} head {{ independent {{ }} }}
        task_towers {{ tower_name: "z" label_name: "click" {AUC} }}""",
        [("probs_z", 1)],
    ),
]


@pytest.mark.parametrize(("model", "names", "expected", "score"), CASES, ids=lambda value: str(value)[:30])
def test_shorthand(model, names, expected, score):
    got = rank(model, *names)
    assert got.rank_model == text_format.Parse(expected, RankModel())
    assert [(term.output, term.weight) for term in got.score] == score
    assert not got.HasField("label_name")


def test_position_tower_is_kept():
    model = f"""mmoe {{ expert_dnn {{ hidden_units: 8 }} num_expert: 2 {TOWERS} position_tower {{ }} }}
    feature_groups {{ group_name: "position" feature_names: "slot" }}"""
    column = 'data_config { input_fields { input_name: "slot" input_type: INT32 default_val: "0" }'
    text = f"""{HEAD.replace("data_config {", column)}
    feature_configs {{ input_names: "slot" num_buckets: 5 embedding_dim: 2 position: true }}
    model_config {{ {groups("all")} {model} }}"""
    assert parse_text(text).message.model_config.rank_model.position_tower.group_name == "position"


def test_features_are_moved_behind_the_new_spelling():
    text = f"""{HEAD} feature_config {{ features {{ feature_name: "first" input_names: "user" num_buckets: 0 }} }}
    model_config {{ {groups("all")} fm {{ }} }}""".replace("num_buckets: 0", "hash_bucket_size: 5 embedding_dim: 4")
    config = parse_text(text)
    assert [f.feature_name for f in config.message.feature_config.features] == ["first", "user", "app"]
    assert not config.message.feature_configs
    assert config.describe("feature_config.features[2].embedding_dim") == (
        "<text>:13: feature_configs[feature_name=app].embedding_dim"
    )


def test_model_class_agrees(report):
    text = f"{HEAD}model_config {{ {groups('all')} fm {{ }} model_class: 'FM' }}"
    assert parse_text(text).message.model_config.model_class == "RankModel"
    (line,) = report(text.replace("'FM'", "'DeepFM'"))
    assert 'model_config.model_class: "DeepFM" stands over a fm { }' in line


@pytest.mark.parametrize(
    ("model", "names", "lines"),
    [
        (
            'esmm {\nctr_tower {\nlabel_name: "clk" }\ncvr_tower {\nweight: -1 label_name: "buy" } }',
            ["all"],
            [
                'a.config:16: model_config.esmm.ctr_tower.label_name: no label is called "clk". Labels are click, buy.'
                ' Did you mean "click"?',
                "a.config:18: model_config.esmm.cvr_tower.weight: expected 0 or more, got -1.",
            ],
        ),
        (
            "dlrm { top_dnn { hidden_units: 8 }\nbot_dnn { hidden_units: 5 }\n}",
            ["dense", "sparse"],
            [
                "a.config:14: model_config.dlrm: vectors that are multiplied have one length; the network over"
                ' "dense" has 5, feature "user" 4.'
            ],
        ),
        (
            'dlrm { top_dnn { hidden_units: 8 } bot_dnn { hidden_units: 5 }\narch_interaction_op: "sum" }',
            ["dense", "sparse"],
            ['a.config:15: model_config.dlrm.arch_interaction_op: expected dot or cat, got "sum".'],
        ),
        (
            "dcn {\ndeep_tower { input: 'all' dnn { hidden_units: 8 } }\ncross_tower { input: 'deep' cross_num: 0 } }",
            ["all"],
            [
                "a.config:14: model_config.dcn: final_dnn is missing: expected the network over both outputs.",
                'a.config:16: model_config.dcn.cross_tower.input: "deep" is not the group of deep_tower, "all";'
                " expected one for both.",
                "a.config:16: model_config.dcn.cross_tower.cross_num: expected 1 to 100 layers, got 0.",
            ],
        ),
        (
            "wide_and_deep {\nwide_output_dim: 2 dnn { hidden_units: 8 } final_dnn { hidden_units: 4 } }",
            ["deep"],
            [
                'a.config:14: model_config.wide_and_deep: the group "wide", read by the wide part, is not defined.'
                " Groups are deep."
            ],
        ),
        (
            "rank_model { body { shared_bottom { } } fm { pairwise: false\ngroup_name: 'all' } task_towers {"
            " tower_name: 'ctr' label_name: 'click' } }",
            ["all"],
            [
                "a.config:14: model_config.rank_model.fm: wide_group_name is missing: expected the group of the"
                " first-order weights.",
                "a.config:15: model_config.rank_model.fm.group_name: pairwise is false, so nothing reads this group;"
                " delete one.",
            ],
        ),
        (
            "deepfm {\ndnn { hidden_units: 8 }\nwide_output_dim: 16 }",
            ["deep"],
            [
                "a.config:16: model_config.deepfm.wide_output_dim: first-order weights are added to the logit, one"
                " number; expected 1, got 16, or a network behind them: final_dnn, and in rank_model output:"
                " TOWER_INPUT."
            ],
        ),
        (
            "deepfm {\ndnn { hidden_units: 8 }\nwide_output_dim: 0 dense_regularization: 1 l2_regularization: 1 }",
            ["deep"],
            [
                "a.config:16: model_config.deepfm.dense_regularization: is EasyRec's older name of l2_regularization,"
                " which is given too; expected one of them.",
                "a.config:16: model_config.deepfm.wide_output_dim: expected at least 1, got 0.",
            ],
        ),
        (
            'esmm {\nctr_tower { label_name: "click" } }',
            ["all"],
            ["a.config:14: model_config.esmm: cvr_tower is missing: expected the tower of the cvr task."],
        ),
        (
            'esmm { ctr_tower { label_name: "click" } cvr_tower { label_name: "buy" }\nnum_expert: 2 }',
            ["all"],
            ["a.config:14: model_config.esmm: expert_dnn is missing: expected the network of one expert."],
        ),
        (
            'esmm { ctr_tower { label_name: "click" } cvr_tower { label_name: "buy" }\ngroups { input: "user" } }',
            ["users"],
            [
                'a.config:15: model_config.esmm.groups[input=user].input: the group "user", read by the shared bottom,'
                ' is not defined. Groups are users. Did you mean "users"?'
            ],
        ),
        (
            f"mmoe {{ expert_dnn {{\nhidden_units: 0 }} num_expert: 2 {TOWERS}\n}}",
            ["al"],
            [
                'a.config:14: model_config.mmoe: the group "all", read by the mixture of experts, is not defined.'
                ' Groups are al. Did you mean "al"?',
                "a.config:15: model_config.mmoe.expert_dnn.hidden_units[0]: expected more than 0, got 0.",
            ],
        ),
        (
            "deepfm {\nfinal_dnn { activation: 'rel' hidden_units: 3 } dnn { hidden_units: 3\ndropout_ratio: 2 } }",
            ["deep"],
            [
                'a.config:15: model_config.deepfm.final_dnn.activation: unknown activation "rel"; known are relu, gelu,'
                " elu, selu, silu, swish, tanh, sigmoid, leaky_relu, softplus, linear, dice, prelu. Did you mean"
                ' "relu"?',
                "a.config:16: model_config.deepfm.dnn.dropout_ratio[0]: expected a number in [0, 1), got 2.",
            ],
        ),
        (
            "deepfm { }",
            ["deep"],
            ["a.config:14: model_config.deepfm: dnn is missing: expected the network over the group deep."],
        ),
        (
            "fm { }\nlabel_name: 'bye'",
            ["all"],
            [
                'a.config:15: model_config.label_name: no label is called "bye". Labels are click, buy.'
                ' Did you mean "buy"?'
            ],
        ),
        (
            f"simple_multi_task {{ {TOWERS}\nl2_regularization: -1 }}",
            ["all"],
            ["a.config:16: model_config.simple_multi_task.l2_regularization: expected 0 or more, got -1."],
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_mistakes_in_the_words_of_the_file(report, model, names, lines):
    assert report(f"{HEAD}model_config {{ {groups(*names)} {model} }}") == lines


def test_every_model_message_has_a_rewriting():
    from apps_rec.config.rewrite import _REWRITES, MODEL_CLASSES

    members = {field.name for field in ModelConfig.DESCRIPTOR.oneofs_by_name["model"].fields}
    assert members == {*_REWRITES, "rank_model"} == set(MODEL_CLASSES.values())


def test_names_of_outputs_and_metrics():
    message = parse_text(f"{HEAD}model_config {{ {groups('all')} {CASES[1][0]} }}").message
    assert outputs(message) == ["probs_pctr", "logits_pctr", "probs_cvr", "logits_cvr", "probs_ctcvr", "score"]
    assert metric_names(message) == ["auc_pctr", "auc_cvr_masked", "auc_ctcvr"]
    message = parse_text(f"{HEAD}model_config {{ {groups('all')} {CASES[0][0]} }}").message
    assert outputs(message) == ["probs_ctr", "logits_ctr", "probs_ctcvr", "logits_ctcvr", "score"]
    assert metric_names(message) == ["auc_ctr", "auc_ctcvr"]


@pytest.mark.parametrize(
    ("model", "labels"),
    [
        ("mmoe { expert_dnn { hidden_units: 8 } num_expert: 2 TOWERS }", ["click", "buy"]),
        ("simple_multi_task { TOWERS }", ["click", "buy"]),
        # As in EasyRec: of an ESMM the first label is the conversion's, the second the click's.
        ("esmm { ctr_tower { } cvr_tower { } }", ["buy", "click"]),
    ],
)
def test_towers_without_a_label_have_them_by_order(model, labels):
    model = model.replace("TOWERS", 'task_towers { tower_name: "a" } task_towers { tower_name: "b" }')
    config = parse_text(f"{HEAD}model_config {{ {groups('all')} {model} }}")
    assert [tower.label_name for tower in config.message.model_config.rank_model.task_towers] == labels
    assert {note.partition("noted: ")[2] for note in config.notes} == {
        f'label_name is "{label}", by the order of label_fields' for label in labels
    }


def test_a_label_that_is_given_stays():
    text = 'mmoe { expert_dnn { hidden_units: 8 } num_expert: 2 task_towers { tower_name: "a" label_name: "buy" }'
    config = parse_text(f'{HEAD}model_config {{ {groups("all")} {text} task_towers {{ tower_name: "b" }} }} }}')
    assert [tower.label_name for tower in config.message.model_config.rank_model.task_towers] == ["buy", "buy"]


def test_more_towers_than_labels_are_a_mistake():
    towers = "".join(f'task_towers {{ tower_name: "{name}" }}' for name in "abc")
    with pytest.raises(ConfigError, match=r"task_towers\[tower_name=c\]: label_name is missing"):
        parse_text(f"{HEAD}model_config {{ {groups('all')} simple_multi_task {{ {towers} }} }}")


@pytest.mark.parametrize(
    ("export", "metric"),
    [
        ('exporter_type: "best"', "auc_ctr"),
        ("enable_early_stop: true", "auc_ctr"),
        ('exporter_type: "best" best_exporter_metric: "auc"', "auc_ctr"),
        ('exporter_type: "best" best_exporter_metric: "auc_ctr"', "auc_ctr"),
    ],
)
def test_the_metric_of_one_tower_needs_no_tower(export, metric):
    model = f"model_config {{ {groups('deep')} deepfm {{ dnn {{ hidden_units: 8 }} }} }}"
    config = parse_text(f'eval_input_path: "e" export_config {{ {export} }} {HEAD} {model}')
    assert config.message.export_config.best_exporter_metric == metric
    notes = [note.partition("noted: ")[2] for note in config.notes]
    assert notes == ([] if '"auc_ctr"' in export else ['read as "auc_ctr", its name here'])


def test_the_metric_of_several_towers_needs_the_tower():
    model = f"model_config {{ {groups('all')} simple_multi_task {{ {TOWERS} }} }}"
    with pytest.raises(ConfigError, match='the model gives no metric "auc"; it gives auc_ctr'):
        parse_text(
            f'eval_input_path: "e" export_config {{ exporter_type: "best" best_exporter_metric: "auc" }} {HEAD} {model}'
        )


def test_an_exporter_of_none_is_that_of_our_own():
    model = f"model_config {{ {groups('deep')} deepfm {{ dnn {{ hidden_units: 8 }} }} }}"
    config = parse_text(f'export_config {{ exporter_type: "none" }} {HEAD} {model}')
    assert not config.message.export_config.HasField("exporter_type")
    assert config.notes[0].endswith("noted: training never exports; `apps-rec export` does")


@pytest.mark.parametrize(
    ("experts", "line"),
    [
        (
            ["dnn { hidden_units: 8 }", "dnn { hidden_units: 9 }"],
            "model_config.mmoe.experts[1].dnn: differs from that of the first expert (line 14); expected it alike.",
        ),
        (["dnn { hidden_units: 8 }", ""], "model_config.mmoe.experts[1]: dnn is missing: expected the network of"),
        (["", "dnn { hidden_units: 8 }"], "model_config.mmoe.experts[0]: dnn is missing: expected the network of"),
    ],
)
def test_older_experts_must_be_alike(experts, line, report):
    listed = "\n".join(f"experts {{ {one} }}" for one in experts)
    (got,) = report(f"{HEAD}model_config {{ {groups('all')} mmoe {{ {listed}\n {TOWERS} }} }}")
    assert line in got


def test_experts_are_spelt_one_way(report):
    model = f"mmoe {{ experts {{ dnn {{ hidden_units: 8 }} }} num_expert: 1 {TOWERS} }}"
    (got,) = report(f"{HEAD}model_config {{ {groups('all')} {model} }}")
    assert "model_config.mmoe.num_expert: experts are given too, the older spelling; expected one of them." in got


def test_a_refused_bottom_is_all_that_is_said_of_it(report):
    model = f"dbmtl {{ bottom_cmbf {{ multi_head_num: 2 }} {TOWERS} }}"
    (got,) = report(f"{HEAD}model_config {{ {groups('image', 'text')} {model} }}")
    assert "model_config.dbmtl.bottom_cmbf: refused: images and texts are not read" in got


def test_the_first_of_several_optimizers_of_wide_and_deep_is_of_first_order_weights():
    def of_first_order(model, count):
        optimizers = "optimizer_config { ftrl_optimizer { } }" + "optimizer_config { adam_optimizer { } }" * (count - 1)
        head = HEAD.replace("num_steps: 1", f"num_steps: 1 {optimizers}")
        config = parse_text(
            f"{head}model_config {{ {groups('deep', 'wide')} {model} {{ dnn {{ hidden_units: 8 }} }} }}"
        )
        return [one.of_first_order_weights for one in config.message.train_config.optimizer_config]

    assert of_first_order("wide_and_deep", 1) == [False]
    assert of_first_order("wide_and_deep", 2) == [True, False]
    assert of_first_order("wide_and_deep", 3) == [True, False, False]
    # Of other models, the first of two is of embeddings.
    assert of_first_order("deepfm", 2) == [False, False]


@pytest.mark.parametrize(
    ("model", "length"),
    [
        ("wide_and_deep { dnn { hidden_units: 8 } }", 3),
        # What EasyRec does not read there.
        ("wide_and_deep { dnn { hidden_units: 8 } wide_output_dim: 18 }", 3),
        ("wide_and_deep { dnn { hidden_units: 8 } final_dnn { hidden_units: 4 } wide_output_dim: 18 }", 18),
        ("deepfm { dnn { hidden_units: 8 } }", 3),
        ("deepfm { dnn { hidden_units: 8 } wide_output_dim: 3 }", 3),
        ("deepfm { dnn { hidden_units: 8 } final_dnn { hidden_units: 4 } }", 1),
    ],
)
def test_first_order_weights_have_a_number_for_each_class_they_are_added_to(model, length):
    head = HEAD.replace("auc { }", "accuracy { }")
    config = parse_text(f"{head}model_config {{ {groups('deep', 'wide')} {model} num_class: 3 }}")
    assert config.message.model_config.rank_model.fm.wide_output_dim == length
    notes = [note for note in config.notes if "there are as many as logits, whatever it says, as in EasyRec" in note]
    assert bool(notes) == ("18 }" in model and "final" not in model)


def test_parquet_inputs_are_input_paths():
    text = HEAD.replace('train_input_path: "t"', 'parquet_train_input: "a,b" parquet_eval_input: "e"')
    config = parse_text(f"{text}model_config {{ {groups('all')} simple_multi_task {{ {TOWERS} }} }}")
    assert (config.message.train_input_path, config.message.eval_input_path) == ("a,b", "e")
    config = parse_text(config.to_text(), overrides=["train_input_path=other"])
    assert (config.message.train_input_path, config.message.eval_input_path) == ("other", "e")


def test_parquet_inputs_of_another_format():
    text = HEAD.replace('train_input_path: "t"', 'parquet_train_input: "a"').replace("ParquetInput", "CSVInput")
    with pytest.raises(
        ConfigError, match=r"2: parquet_train_input: names Parquet files, and .* is CSVInput; expected Parq"
    ):
        parse_text(f"{text}model_config {{ {groups('all')} mmoe {{ num_expert: 1 {TOWERS} }} }}")
