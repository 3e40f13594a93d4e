"""Models with one tower, each from a config of EasyRec's form: they train, export, and serve as single rows."""

import numpy as np
import pytest

import apps_rec
from apps_rec.models import DnnSpec, FmSpec, Group, IndependentHead, RankModel, Task
from apps_rec.models.bodies import SharedBottom
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.saved_model.export import export_model
from apps_rec.training.estimator import load_trained

DNN = "dnn { hidden_units: [6, 4] }"
FINAL = "final_dnn { hidden_units: 5 use_bn: false }"
# (model, its groups)
MODELS = {
    "wide_and_deep": (
        f"wide_and_deep {{ wide_output_dim: 3 {DNN} {FINAL} }}",
        """feature_groups { group_name: "wide" feature_names: ["user", "app", "word"] wide_deep: WIDE }
        feature_groups { group_name: "deep" feature_names: ["user", "app", "price", "tags"] wide_deep: DEEP }""",
    ),
    "dlrm": (
        "dlrm { bot_dnn { hidden_units: [5, 4] } top_dnn { hidden_units: 6 } arch_with_dense_feature: true }",
        """feature_groups { group_name: "dense" feature_names: ["price"] }
        feature_groups { group_name: "sparse" feature_names: ["user", "app", "word", "tags"] }""",
    ),
    "dcn": (
        f'dcn {{ deep_tower {{ input: "all" {DNN} }} cross_tower {{ input: "all" cross_num: 2 }} {FINAL} }}',
        'feature_groups { group_name: "all" feature_names: ["user", "app", "price", "word", "tags"] }',
    ),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "dlrm" else pytest.mark.slow) for name in MODELS]
)
def test_trains_and_exports(name, tiny, unproven):
    model, groups = MODELS[name]
    # No model here has a position tower.
    lines = tiny.config.read_text(encoding="utf-8").split("model_config {")[0].splitlines(keepends=True)
    text = "".join(line for line in lines if '"slot"' not in line)
    for feature, side in (("user", "USER"), ("word", "CONTEXT")):
        text = text.replace(
            f'features {{ input_names: "{feature}"', f'features {{ input_names: "{feature}" side: {side}'
        )
    text += f"model_config {{ {groups} {model} embedding_regularization: 1e-5 }}"
    path = tiny.folder / f"{name}.config"
    path.write_text(text + "train_config { num_steps: 3 save_summary_steps: 0 }", encoding="utf-8")
    assert apps_rec.train(path).step == 3
    config = apps_rec.check(path)
    estimator, _, _ = load_trained(config)
    version = export_model(
        config.message, config.to_text(), estimator.model, estimator.preprocessor, str(tiny.folder / "out" / name)
    )
    # Every signature, with user and word sent once, against single rows.
    assert verify_export(version, latency=False).failures == []


def test_wide_and_deep_is_that_of_the_paper(make_embedder, make_batch, prepare):
    features = ("user", "app", "price")
    body = SharedBottom([Group("deep", features)], 1, dnn=DnnSpec((4,), "tanh"))
    spec = FmSpec((), ("app", "price"), into_tower_input=True)
    model = prepare(RankModel(make_embedder(spec.first_order), IndependentHead([Task("ctr", "click")]), body, spec))
    inputs = make_batch()[0]
    embedded = model.embedder(inputs)
    kernel, bias = body.get_weights()
    deep = np.tanh(embedded.flat(features) @ kernel + bias)
    wide = sum(embedded.first_order([name]).numpy() for name in spec.first_order)
    kernel, bias = model.towers["ctr"].get_weights()
    expected = np.concatenate([deep, wide], axis=1) @ kernel + bias
    np.testing.assert_allclose(model(inputs)["logits_ctr"], expected[:, 0], rtol=1e-4, atol=1e-5)
