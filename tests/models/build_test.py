"""A config's model and the recipe of that name are one model."""

import numpy as np
import pytest
import tensorflow as tf

from apps_rec.config import outputs
from apps_rec.config.heads import head_of
from apps_rec.features import Embedder, Preprocessor, build_features
from apps_rec.layers import Dnn
from apps_rec.legacy_keras import keras
from apps_rec.models import (
    CounterfactualSpec,
    DnnSpec,
    ExtractionSpec,
    FmSpec,
    IndependentHead,
    PositionSpec,
    RankModel,
    ScoreTerm,
    Task,
    aitm,
    build,
    build_model,
    build_variables,
    deepfm,
    esmm,
    fm,
    mmoe,
    ple,
    shared_bottom,
)
from apps_rec.models.heads import HEADS
from apps_rec.protos import model_pb2, network_pb2

ALL = ("user", "app", "price", "word", "tags")
FM = FmSpec(ALL, ALL)
TOWERS = """
  task_towers { tower_name: "ctr" label_name: "click" weight: 0.95 dnn { hidden_units: 4 } }
  task_towers { tower_name: "ctcvr" label_name: "download" weight: 0.05 }
"""
CTR = Task("ctr", "click", DnnSpec((4,), use_bn=True), weight=0.95)
CTCVR = Task("ctcvr", "download", weight=0.05)
CVR = Task("cvr", "download", weight=0.05)

CASES = {
    "fm": (
        "fm { }",
        lambda e: fm(e(FM), IndependentHead([Task("ctr", "click")]), ALL),
    ),
    "deepfm": (
        "deepfm { dnn { hidden_units: [6, 4] use_bn: true } l2_regularization: 0.5 }",
        lambda e: deepfm(e(FM), IndependentHead([Task("ctr", "click", DnnSpec((6, 4), use_bn=True))]), ALL, l2=0.5),
    ),
    "simple_multi_task": (
        f"simple_multi_task {{ bottom_dnn {{ hidden_units: 6 }} {TOWERS} l2_regularization: 0.5 }}",
        lambda e: shared_bottom(e(), IndependentHead([CTR, CTCVR]), ALL, DnnSpec((6,), use_bn=True), l2=0.5),
    ),
    "mmoe": (
        f"mmoe {{ num_expert: 3 expert_dnn {{ hidden_units: 6 activation: 'tanh' }} fm {{ }} {TOWERS} }}",
        lambda e: mmoe(e(FM), [CTR, CTCVR], ALL, 3, DnnSpec((6,), "tanh", use_bn=True), fm=FM, l2=1e-4),
    ),
    "mmoe_with_networks_of_gates": (
        f"mmoe {{ num_expert: 2 expert_dnn {{ hidden_units: 6 }} gate_dnn {{ hidden_units: [5, 3] }} {TOWERS} }}",
        lambda e: mmoe(
            e(), [CTR, CTCVR], ALL, 2, DnnSpec((6,), use_bn=True), gate=DnnSpec((5, 3), use_bn=True), l2=1e-4
        ),
    ),
    "esmm": (
        """esmm {
          num_expert: 2 expert_dnn { hidden_units: 6 } fm { } position_tower { }
          ctr_tower { tower_name: "ctr" label_name: "click" weight: 0.95 dnn { hidden_units: 4 } }
          cvr_tower { tower_name: "cvr" label_name: "download" weight: 0.05 }
        }""",
        lambda e: esmm(
            e(FM), [CTR, CVR], ALL, 2, DnnSpec((6,), use_bn=True), fm=FM, position=PositionSpec(("slot",)), l2=1e-4
        ),
    ),
    "ple": (
        f"""ple {{ extraction_networks {{ expert_num_per_task: 1 share_num: 2
          task_expert_net {{ hidden_units: 6 }} share_expert_net {{ hidden_units: [5, 6] use_bn: false }} }}
          {TOWERS} }}""",
        lambda e: ple(
            e(),
            [CTR, CTCVR],
            ALL,
            [ExtractionSpec("network_0", 1, 2, DnnSpec((6,), use_bn=True), DnnSpec((5, 6)))],
            l2=1e-4,
        ),
    ),
    "aitm": (
        f"""rank_model {{ body {{ aitm {{ task_dnn {{ hidden_units: 6 activation: "dice" }}
          transfer_dnn {{ hidden_units: 6 use_bn: false }} }} }} {TOWERS} }}""",
        lambda e: aitm(e(), [CTR, CTCVR], ALL, DnnSpec((6,), "dice", use_bn=True), DnnSpec((6,))),
    ),
    "escm2": (
        """esmm {
          ctr_tower { tower_name: "ctr" label_name: "click" weight: 0.95 dnn { hidden_units: 4 } }
          cvr_tower { tower_name: "cvr" label_name: "download" weight: 0.05 }
          counterfactual { estimator: DR imputation_dnn { hidden_units: 3 use_bn: false } }
        }""",
        lambda e: esmm(
            e(), [CTR, CVR], ALL, counterfactual=CounterfactualSpec(True, imputation=DnnSpec((3,))), l2=1e-4
        ),
    ),
    "esmm of the paper": (
        """esmm {
          ctr_tower { tower_name: "ctr" label_name: "click" weight: 0.95 dnn { hidden_units: 4 } }
          cvr_tower { tower_name: "cvr" label_name: "download" weight: 0.05 }
        }
        score { output: "probs_cvr" weight: 2 }""",
        lambda e: esmm(e(), [CTR, CVR], ALL, score=[ScoreTerm("probs_cvr", 2.0)], l2=1e-4),
    ),
}


def _config(tiny, model: str):
    before = tiny.config.read_text(encoding="utf-8").split("model_config {")[0]
    if "position_tower" not in model:
        before = "".join(line for line in before.splitlines(keepends=True) if '"slot"' not in line)
    else:
        model += 'feature_groups { group_name: "position" feature_names: "slot" }'
    group = "deep" if "deepfm" in model else "all"
    names = ", ".join(f'"{name}"' for name in ALL)
    groups = f'feature_groups {{ group_name: "{group}" feature_names: [{names}] }}'
    tiny.config.write_text(f"{before} model_config {{ {groups} {model} }}", encoding="utf-8")
    return tiny.load().message


@pytest.mark.parametrize("name", CASES)
def test_the_recipe_and_the_config_are_one_model(name, tiny):
    text, make = CASES[name]
    config = _config(tiny, text)
    specs = build_features(config)
    preprocessor = Preprocessor(specs)
    built = build_model(config, specs)
    by_hand = make(lambda fm=None: Embedder(specs, first_order=fm.first_order if fm else (), seed=42))
    assert type(built) is RankModel
    for model in (built, by_hand):
        build_variables(model, preprocessor)
    assert [v.name for v in built.variables] == [v.name for v in by_hand.variables]
    assert [v.shape for v in built.variables] == [v.shape for v in by_hand.variables]
    random = np.random.default_rng(0)
    for one, other in zip(built.variables, by_hand.variables, strict=True):
        one.assign(np.abs(random.normal(size=one.shape)))
        other.assign(one)
    columns = {
        "user": ["ü1", "", "ü2"],
        "app": np.array([1, -1, 29]),
        "price": np.array([0.5, -3.0, 2.0], np.float32),
        "word": ["игры", "", "fun"],
        "tags": ["", "t1:0.5|t2:1", "t3"],
        "slot": np.array([0, 4, 2], np.int32),
    }
    features = preprocessor({name: tf.constant(columns[name]) for name in preprocessor.columns})
    first, second = built(features), by_hand(features)
    assert first.keys() == second.keys()
    for key, value in first.items():
        np.testing.assert_array_equal(value, second[key], err_msg=key)
    assert len(built.losses) == len(by_hand.losses)
    np.testing.assert_allclose([float(x) for x in built.losses], [float(x) for x in by_hand.losses], rtol=1e-6)


@pytest.mark.parametrize("is_on", [False, True])
def test_how_the_config_says_to_compute(is_on, tiny):
    model = f"""simple_multi_task {{ bottom_dnn {{ hidden_units: 6 }} {TOWERS} }} }}
      train_config {{ mixed_precision: {str(is_on).lower()} jit_compile: {str(is_on).lower()}"""
    config = _config(tiny, model)
    assert (config.train_config.mixed_precision, config.train_config.jit_compile) == (is_on, is_on)
    specs = build_features(config)
    built = build_model(config, specs)
    build_variables(built, Preprocessor(specs))
    bottom, tower = (layer for layer in built.submodules if isinstance(layer, Dnn))
    expected = tf.bfloat16 if is_on else tf.float32
    assert {bottom.compute_dtype, tower.compute_dtype} == {expected.name}
    assert keras.mixed_precision.global_policy().name == "float32"
    assert (built._compiled_dense_part is not None) == is_on


def test_what_the_config_says_of_tasks(tiny):
    towers = """
      task_towers {
        tower_name: "ctr" label_name: "click" sample_weight: "price" weight: 2
        dnn { hidden_units: [6, 4] dropout_ratio: 0.25 activation: "tf.nn.tanh" use_bn: false }
      }
      task_towers {
        tower_name: "cvr" label_name: "download" use_sample_weight: false
        task_space_indicator_label: "click" in_task_space_weight: 1 out_task_space_weight: 0
      }
    """
    model = f"""rank_model {{ {towers} head {{ independent {{ }} }} fm {{ group_name: "all" output: TOWER_INPUT }} }}
      embedding_regularization: 0.25"""
    config = _config(tiny, model)
    config.data_config.sample_weight = "price"
    built = build_model(config, build_features(config))
    assert built.tasks == (
        Task("ctr", "click", DnnSpec((6, 4), "tanh", dropout=(0.25, 0.25)), weight=2.0, sample_weight="price"),
        Task("cvr", "download", space_label="click", in_space_weight=1.0, out_space_weight=0.0),
    )
    assert isinstance(built.head, IndependentHead)
    assert built.fm_spec == FmSpec(ALL, ALL, into_tower_input=True)
    assert built.embedding_l2 == 0.25
    assert built.score_terms == (ScoreTerm("probs_ctr", 2.0), ScoreTerm("probs_cvr", 1.0))


def test_every_body_and_head_of_the_config_is_built_and_no_other(tiny, monkeypatch):
    assert list(build.BODIES) == [field.name for field in network_pb2.Body.DESCRIPTOR.oneofs_by_name["body"].fields]
    assert list(HEADS) == [field.name for field in model_pb2.Head.DESCRIPTOR.oneofs_by_name["head"].fields]
    config = _config(tiny, CASES["mmoe"][0])
    monkeypatch.delitem(build.BODIES, "mmoe")
    with pytest.raises(ValueError, match="no body is called mmoe; expected one of shared_bottom"):
        build_model(config, build_features(config))


@pytest.mark.parametrize("name", ["mmoe", "esmm"])
def test_the_config_says_the_outputs_and_the_score_that_the_head_gives(name, tiny):
    config = _config(tiny, CASES[name][0])
    preprocessor = Preprocessor(build_features(config))
    model = build_model(config, preprocessor.specs)
    row = {n: tf.zeros([1, *spec.shape[1:]], spec.dtype) for n, spec in preprocessor.output_signature().items()}
    assert set(model(row)) == set(outputs(config))
    assert [term.output for term in model.head.default_score()] == head_of(config.model_config.rank_model).trained(
        config.model_config.rank_model
    )


@pytest.mark.parametrize("head", ["independent", "funnel"])
def test_labels_that_a_task_reads_and_that_may_not_be_observed(head, tiny):
    towers = """
      task_towers { tower_name: "ctr" label_name: "click" }
      task_towers { tower_name: "cvr" label_name: "download" }
    """
    config = _config(tiny, f'rank_model {{ {towers} head {{ {head} {{ }} }} fm {{ group_name: "all" }} }}')
    for name in ("click", "download"):
        next(c for c in config.data_config.input_fields if c.input_name == name).not_observed.append("-1")
    observed = [task.observed for task in build_model(config, build_features(config)).tasks]
    assert observed == [("click",), ("click", "download") if head == "funnel" else ("download",)]
