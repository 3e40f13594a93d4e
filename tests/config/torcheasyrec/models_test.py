"""Models, groups, towers and optimizers of TorchEasyRec."""

import pytest

from apps_rec.protos import loss_pb2, network_pb2
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import FeatureGroup
from tests.config.torcheasyrec.conftest import FEATURES, HEAD, STORE, mistakes, read

GROUP = 'feature_groups { group_name: "main" feature_names: ["user", "app"] group_type: DEEP }\n'
TOWERS = """
  task_towers { tower_name: "ctr" label_name: "click" mlp { hidden_units: 8 } losses { binary_cross_entropy { } } }
  task_towers { tower_name: "cvr" label_name: "download" losses { binary_cross_entropy { } } }
"""
SEQUENCES = """
feature_configs {
  sequence_feature {
    sequence_name: "clicks" sequence_length: 30 sequence_delim: "|"
    features { id_feature { feature_name: "app" expression: "item:app" num_buckets: 100 embedding_dim: 8 } }
    features { id_feature { feature_name: "cate" expression: "item:cate" hash_bucket_size: 9 embedding_dim: 8 } }
  }
}
"""


def rank(model, groups=GROUP, features=FEATURES):
    return read(f"{HEAD}{features}model_config {{\n{groups}{model}\n}}").message.model_config.rank_model


def test_mmoe_reads_the_first_group_and_networks_have_no_batch_norm():
    config = read(STORE).message
    body = config.model_config.rank_model.body.mmoe
    assert (body.group_name, body.num_expert, list(body.expert_dnn.hidden_units)) == ("main", 2, [16, 8])
    assert (body.expert_dnn.activation, body.expert_dnn.use_bn) == ("relu", False)
    click, download = config.model_config.rank_model.task_towers
    assert (click.tower_name, click.label_name, download.label_name, download.weight) == (
        "ctr",
        "click",
        "download",
        0.5,
    )
    assert config.model_config.rank_model.l2_regularization == 0


def test_data_and_training():
    config = read(STORE).message
    assert (config.data_config.shuffle, config.data_config.num_epochs, config.data_config.batch_size) == (False, 1, 512)
    tables, others = config.train_config.optimizer_config
    # PyTorch's accumulator begins at 0.
    assert tables.adagrad_optimizer.initial_accumulator_value == 0
    assert others.adam_optimizer.learning_rate.constant_learning_rate.learning_rate == pytest.approx(0.001)


def test_one_optimizer_where_both_are_alike():
    text = STORE.replace("adagrad_optimizer", "adam_optimizer")
    assert len(read(text).message.train_config.optimizer_config) == 1


def test_schedules():
    def rate(schedule):
        text = STORE.replace("constant_learning_rate { }\n    }\n    num_epochs", f"{schedule}\n    }}\n    num_epochs")
        return read(text).message.train_config.optimizer_config[1].adam_optimizer.learning_rate

    decay = rate(
        "exponential_decay_learning_rate { decay_size: 100 decay_factor: 0.5 warmup_size: 10 min_learning_rate: 1e-5 }"
    ).exponential_decay_learning_rate
    assert (decay.decay_steps, decay.burnin_steps, decay.staircase) == (100, 10, True)
    assert decay.initial_learning_rate == pytest.approx(0.001)
    manual = rate(
        "manual_step_learning_rate { schedule_sizes: [5, 9] learning_rates: [0.1, 0.2] }"
    ).manual_step_learning_rate
    # There a rate holds behind the step.
    assert [one.step for one in manual.schedule] == [6, 10]
    cosine = rate(
        "cosine_annealing_learning_rate { T_max: 90 warmup_size: 10 warmup_learning_rate: 1e-4 }"
    ).cosine_decay_learning_rate
    assert (cosine.total_steps, cosine.warmup_steps) == (100, 10)


def test_weights_decay_by_the_rate():
    text = STORE.replace(
        "        adam_optimizer { lr: 0.001 }", "        adamw_optimizer { lr: 0.001 weight_decay: 0.1 }"
    )
    made = read(text).message.train_config.optimizer_config[1].adamw_optimizer
    assert made.weight_decay == pytest.approx(1e-4)


def test_dbmtl_with_experts_and_relations():
    towers = TOWERS.replace(
        'label_name: "download"', 'label_name: "download" relation_tower_names: "ctr" relation_mlp { hidden_units: 4 }'
    )
    made = rank(f"dbmtl {{ bottom_mlp {{ hidden_units: 16 }} expert_mlp {{ hidden_units: 8 }} {towers} }}")
    assert (made.body.mmoe.num_expert, made.body.mmoe.groups[0].input) == (3, "main")
    assert list(made.task_towers[1].relation_tower_names) == ["ctr"]
    plain = rank(f"dbmtl {{ bottom_mlp {{ hidden_units: 16 }} {TOWERS} }}")
    assert list(plain.body.shared_bottom.dnn.hidden_units) == [16]


def test_ple_and_simple_multi_task():
    networks = (
        'extraction_networks { network_name: "l1" expert_num_per_task: 2 share_num: 1'
        " task_expert_net { hidden_units: 8 } share_expert_net { hidden_units: 8 } }"
    )
    made = rank(f"ple {{ {networks} {TOWERS} }}").body.ple
    assert (made.group_name, made.extraction_networks[0].expert_num_per_task) == ("main", 2)
    assert rank(f"simple_multi_task {{ {TOWERS} }}").body.shared_bottom.group_name == "main"


ALONE = "losses { binary_cross_entropy { } } metrics { auc { } } metrics { grouped_auc { grouping_key: 'uid' } }"


def test_deepfm_and_wide_and_deep():
    groups = GROUP.replace("main", "deep") + GROUP.replace("main", "wide").replace("DEEP", "WIDE")
    made = rank(f"deepfm {{ deep {{ hidden_units: 8 }} final {{ hidden_units: 4 }} }} {ALONE}", groups)
    assert (made.fm.group_name, made.fm.wide_group_name, made.fm.output) == (
        "deep",
        "wide",
        network_pb2.FmTerm.TOWER_INPUT,
    )
    assert list(made.body.shared_bottom.dnn.hidden_units) == [8]
    assert list(made.task_towers[0].dnn.hidden_units) == [4]
    assert [one.WhichOneof("metric") for one in made.task_towers[0].metrics_set] == ["auc", "gauc"]
    wide = rank(f"wide_and_deep {{ deep {{ hidden_units: 8 }} }} {ALONE}", groups)
    assert (wide.fm.pairwise, wide.fm.output) == (False, network_pb2.FmTerm.LOGIT)
    config = read(
        f"{HEAD}{FEATURES}model_config {{\n{groups}deepfm {{ deep {{ hidden_units: 8 }} }} {ALONE}\n}}"
    ).message
    assert config.model_config.feature_groups[1].wide_deep == FeatureGroup.WIDE


def test_multi_tower_has_no_batch_norm_over_its_groups():
    made = rank(
        f'multi_tower {{ towers {{ input: "main" mlp {{ hidden_units: 8 }} }} final {{ hidden_units: 4 }} }} {ALONE}'
    )
    assert not made.body.shared_bottom.normalize_groups
    assert made.body.shared_bottom.groups[0].input == "main"


def test_dcn_and_dlrm():
    made = rank(
        f"dcn_v1 {{ cross_tower {{ }} deep_tower {{ hidden_units: 8 }} final_dnn {{ hidden_units: 4 }} }} {ALONE}"
    )
    assert (made.body.cross.group_name, made.body.cross.cross_num) == ("main", 3)
    groups = GROUP.replace("main", "sparse") + 'feature_groups { group_name: "dense" feature_names: "n" }\n'
    number = 'feature_configs { raw_feature { feature_name: "n" expression: "item:n" } }\n'
    dlrm = rank(
        f"dlrm {{ dense_mlp {{ hidden_units: 8 }} final {{ hidden_units: 4 }} }} {ALONE}", groups, FEATURES + number
    )
    assert [group.input for group in dlrm.body.interaction.groups] == ["dense", "sparse"]
    assert dlrm.body.interaction.arch_with_dense_feature


def test_losses():
    text = STORE.replace(
        "losses { binary_cross_entropy { } }\n        }", "losses { binary_focal_loss { gamma: 3 } }\n        }", 1
    )
    loss = read(text).message.model_config.rank_model.task_towers[0].losses[0]
    assert loss.loss_type == loss_pb2.BINARY_FOCAL_LOSS
    assert (loss.binary_focal_loss.gamma, loss.binary_focal_loss.alpha) == (3, 0.5)
    text = STORE.replace(
        "losses { binary_cross_entropy { } }\n            weight", "losses { l2_loss { } }\n            weight"
    )
    assert (
        read(text.replace("auc { }", "mean_squared_error { }")).message.model_config.rank_model.task_towers[1].loss_type
    )


def groups_with(names, encoder):
    return GROUP.replace(
        "group_type: DEEP",
        f'group_type: DEEP sequence_groups {{ group_name: "s" feature_names: [{names}] }}'
        f" sequence_encoders {{ {encoder} }}",
    )


def test_pooled_sequences_are_features_of_the_group():
    groups = groups_with('"app", "clicks__app", "clicks__cate"', 'pooling_encoder { input: "s" pooling_type: "sum" }')
    config = read(
        f"{HEAD}{FEATURES}{SEQUENCES}model_config {{\n{groups}mmoe {{ expert_mlp {{ hidden_units: 8 }} {TOWERS} }}\n}}"
    )
    assert list(config.message.model_config.feature_groups[0].feature_names) == [
        "user",
        "app",
        "clicks__app",
        "clicks__cate",
    ]
    made = {one.feature_name: one for one in config.message.feature_config.features}["clicks__app"]
    assert (made.feature_type, made.combiner, made.separator) == (FeatureConfig.TagFeature, "sum", "|")
    assert (list(made.input_names), made.max_seq_len, made.side) == (["clicks__app"], 30, FeatureConfig.USER)


def attention_of(names, groups=groups_with, model="mmoe { expert_mlp { hidden_units: 8 } " + TOWERS + " }"):
    groups = groups(names, "din_encoder { attn_mlp { hidden_units: [8, 4] dropout_ratio: [0.1, 0.2] } }")
    text = f"{HEAD}{FEATURES}{SEQUENCES}model_config {{\n{groups}{model}\n}}"
    return read(text).message.model_config


def test_din_is_attention_over_all_sequences_of_the_group():
    model = attention_of('"app", "price", "clicks__app", "clicks__cate"')
    assert list(model.feature_groups[0].feature_names) == ["user", "app"]
    (made,) = model.feature_groups[0].sequence_features
    assert (list(made.seq_att_map[0].key), list(made.seq_att_map[0].hist_seq)) == (
        ["app", "price"],
        ["clicks__app", "clicks__cate"],
    )
    assert (list(made.seq_dnn.hidden_units), made.seq_dnn.use_bn) == ([8, 4, 1], False)
    assert list(made.seq_dnn.dropout_ratio) == pytest.approx([0.1, 0.2, 0])
    assert (made.need_key_feature, made.allow_key_transform) == (False, False)
    (shorter,) = attention_of('"app", "clicks__app", "clicks__cate"').feature_groups[0].sequence_features
    assert shorter.allow_key_transform


@pytest.mark.parametrize("model", ["mmoe", "dbmtl"])
def test_a_network_in_front_of_each_gate(model):
    text = STORE.replace("num_expert: 2", "num_expert: 2 gate_mlp { hidden_units: [4, 3] }").replace(
        "mmoe {", f"{model} {{"
    )
    body = read(text).message.model_config.rank_model.body.mmoe
    assert list(body.gate_dnn.hidden_units) == [4, 3]
    assert not body.gate_dnn.use_bn


def test_din_towers_are_groups_with_attention():
    groups = GROUP + 'feature_groups { group_name: "seq" feature_names: ["app", "clicks__app"] group_type: SEQUENCE }'
    towers = 'towers { input: "main" mlp { hidden_units: 8 } } din_towers { input: "seq" attn_mlp { hidden_units: 8 } }'
    din = f"multi_tower_din {{ {towers} final {{ hidden_units: 4 }} }} {ALONE}"
    text = f"{HEAD}{FEATURES}{SEQUENCES}model_config {{\n{groups} {din}\n}}"
    model = read(text).message.model_config
    assert [group.input for group in model.rank_model.body.shared_bottom.groups] == ["main", "seq"]
    assert list(model.feature_groups[1].sequence_features[0].seq_att_map[0].hist_seq) == ["clicks__app"]


def test_the_metric_that_chooses_has_its_name_here():
    text = STORE.replace(
        "eval_config { }",
        'eval_config { num_steps: 3 } export_config { exporter_type: "best" best_exporter_metric: "auc_cvr" }',
    )
    config = read(text).message
    assert config.export_config.best_exporter_metric == "auc_cvr"
    assert config.eval_config.num_examples == 3 * 512


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dataset_type: ParquetDataset", "dataset_type: OdpsDataset", "OdpsDataset: tables of ODPS are not read"),
        ("    dataset_type: ParquetDataset\n", "", "data_config.dataset_type: is missing"),
        ("num_workers: 8", "negative_sampler { num_sample: 3 }", "negatives are not drawn"),
        ("num_workers: 8", "num_wokers: 8", 'Did you mean "num_workers"?'),
        ("adagrad_optimizer", "rowwise_adagrad_optimizer", "write adagrad_optimizer"),
        ("adam_optimizer { lr: 0.001 }", "adam_optimizer { lr: 0.001 weight_decay: 1 }", "write adamw_optimizer"),
        ("num_epochs: 1", 'fine_tune_checkpoint: "x" num_epochs: 1', "checkpoints of PyTorch are not read"),
        ("mmoe {", "pepnet {", "models that are read are mmoe"),
        ("hidden_units: [16, 8]", 'hidden_units: 8 activation: "nn.Mish"', "expected one of nn.ReLU"),
        ("group_type: DEEP", "group_type: JAGGED_SEQUENCE", "JAGGED_SEQUENCE"),
        ('"click"\n            mlp', '"clik"\n            mlp', 'no label is called "clik"'),
        ('["user", "app", "price"]', '["user", "ap", "price"]', 'no feature is called "ap"'),
    ],
)
def test_one_thing_that_cannot_be_is_one_mistake(old, new, said):
    assert STORE.count(old) == 1
    found = mistakes(STORE.replace(old, new))
    assert len(found) == 1, found
    assert said in found[0]


def test_a_mistake_is_at_its_line():
    with pytest.raises(Exception, match=r"torch.config:25: feature_configs\[0\].id_feature.embedding_dim: "):
        read(STORE.replace("hash_bucket_size: 1000 embedding_dim: 8", "hash_bucket_size: 1000"))
