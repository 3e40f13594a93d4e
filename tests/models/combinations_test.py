"""Body, FM and head are three separate choices: each combination trains and exports from a config's text alone."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.models import FunnelHead
from apps_rec.serving.parity.golden import Golden
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.saved_model.export import export_model
from apps_rec.serving.schema import build_serving_schema
from apps_rec.training.estimator import load_trained

GROUPS = """
  feature_groups { group_name: "all" feature_names: ["user", "app", "price", "word"] }
  feature_groups { group_name: "user" feature_names: ["user", "word"] }
  feature_groups { group_name: "item" feature_names: ["price", "app"] }
"""
DNN = "dnn { hidden_units: [6] use_bn: true }"
PARTS = f'groups {{ input: "item" {DNN} }} groups {{ input: "user" }}'
BODIES = {
    "none": "",
    "shared_bottom": f"body {{ shared_bottom {{ {DNN} }} }}",
    "shared_bottom of groups": f"body {{ shared_bottom {{ {PARTS} {DNN} }} }}",
    "mmoe": "body { mmoe { num_expert: 2 expert_dnn { hidden_units: [8, 6] dropout_ratio: 0.1 } } }",
    "ple": """body { ple {
      extraction_networks { expert_num_per_task: 2 share_num: 1
        task_expert_net { hidden_units: [5, 6] } share_expert_net { hidden_units: 6 dropout_ratio: 0.1 } }
      extraction_networks { expert_num_per_task: 1 share_num: 2
        task_expert_net { hidden_units: 4 use_bn: false } share_expert_net { hidden_units: 4 } } } }""",
    "dbmtl": f"body {{ shared_bottom {{ {DNN} }} }}",
    "aitm": f"""body {{ aitm {{ {PARTS}
      task_{DNN} transfer_dnn {{ hidden_units: [4, 6] dropout_ratio: 0.1 use_bn: false }} }} }}""",
    "cross": "body { cross { cross_num: 2 dnn { hidden_units: 6 activation: 'dice' } } }",
    "interaction": "body { interaction { groups { input: 'item' dnn { hidden_units: 4 } } groups { input: 'user' } } }",
    "mmoe of groups": f"body {{ mmoe {{ {PARTS} num_expert: 2 expert_dnn {{ hidden_units: [6] }} }} }}",
    "shared_bottom of normalized groups": f"body {{ shared_bottom {{ {PARTS} normalize_groups: true }} }}",
}
# rank_test.py compares the requests of every body quickly.
QUICK = (
    ("mmoe", "TOWER_INPUT", "funnel"),
    ("dbmtl", "off", "independent"),
)
FMS = {
    "off": "",
    "LOGIT": 'fm { group_name: "all" }',
    "TOWER_INPUT": 'fm { group_name: "all" wide_group_name: "item" output: TOWER_INPUT wide_output_dim: 3 }',
}
HEADS = {"independent": "", "funnel": "head { funnel { } }"}


def _model_text(body: str, fm: str, head: str) -> str:
    reads = 'relation_tower_names: "ctr" relation_dnn { hidden_units: 4 dropout_ratio: 0.1 }' if body == "dbmtl" else ""
    # Without a body a network of its own needs the FM's parts as its input.
    dnn = "" if body == "none" and fm == "LOGIT" else "dnn { hidden_units: 5 }"
    return f"""
model_config {{
  {GROUPS}
  rank_model {{
    {BODIES[body]}
    {FMS[fm]}
    {HEADS[head]}
    task_towers {{ tower_name: "ctr" label_name: "click" weight: 0.95 {dnn} }}
    task_towers {{ tower_name: "cvr" label_name: "download" weight: 0.05 {dnn} {reads} }}
    l2_regularization: 1e-4
  }}
  embedding_regularization: 1e-5
}}
train_config {{ num_steps: 3 save_summary_steps: 0 }}
"""


@pytest.fixture(scope="module")
def data(small_run, tmp_path_factory):
    """Return a folder with the log and the part of its config that comes before the model."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("combinations")
        patch.chdir(folder)
        run = small_run(folder, rows=200)
        lines = run.config.read_text(encoding="utf-8").split("model_config {")[0].splitlines(keepends=True)
        # No model here has a position tower.
        text = "".join(line for line in lines if '"slot"' not in line)
        word = '  features { input_names: "word" '
        text = text.replace(
            word, f'  features {{ input_names: "price" feature_type: RawFeature embedding_dim: 4 }}\n{word}'
        )
        for name, side in (("user", "USER"), ("word", "CONTEXT")):
            text = text.replace(f'features {{ input_names: "{name}"', f'features {{ input_names: "{name}" side: {side}')
        yield run, text.replace("batch_size: 32", "batch_size: 64")


def _raw_columns(rows: list[dict[str, str]]) -> dict[str, tf.Tensor]:
    """Columns of the evaluation rows, with the defaults that the config names."""
    return {
        "user": tf.constant([row["user"] or "nobody" for row in rows]),
        "app": tf.constant([int(row["app"]) for row in rows], tf.int64),
        "price": tf.constant([float(row["price"] or 0.5) for row in rows], tf.float32),
        "word": tf.constant([row["word"] for row in rows]),
    }


def _cases():
    """All combinations; all but QUICK are slow."""
    for case in itertools.product(BODIES, FMS, HEADS):
        if case[:2] != ("none", "off"):
            yield pytest.param(*case, marks=() if case in QUICK else pytest.mark.slow)


@pytest.mark.parametrize(("body", "fm", "head"), _cases())
def test_trains_and_exports(body, fm, head, data, unproven):
    run, text = data
    name = f"{body}-{fm}-{head}".replace(" ", "_")
    path = run.folder / f"{name}.config"
    path.write_text(text.replace('"run"', f'"{name}"') + _model_text(body, fm, head), encoding="utf-8")
    result = apps_rec.train(path)
    assert result.step == 3

    config = apps_rec.check(path)
    estimator, _, step = load_trained(config)
    assert step == 3
    assert (estimator.model.body is None, estimator.model.fm is None) == (body == "none", fm == "off")
    assert isinstance(estimator.model.head, FunnelHead) == (head == "funnel")
    version = export_model(
        config.message, config.to_text(), estimator.model, estimator.preprocessor, str(run.folder / "out" / name)
    )
    # The rows that it is proven on are the first of the file, and one of defaults.
    golden = Golden.read(version, build_serving_schema(config.message))
    columns = _raw_columns(
        [row for row in run.rows("eval.csv") if row["source"] == "live"][: len(golden.outputs["score"]) - 1]
    )
    expected = estimator.predict(estimator.preprocessor(columns))
    assert golden.outputs.keys() == expected.keys()
    assert ("probs_ctcvr" in expected) == (head == "funnel")
    for key, value in expected.items():
        np.testing.assert_allclose(golden.outputs[key][:-1], value, rtol=0, atol=1e-6, err_msg=key)
        assert np.ptp(value.numpy()) > 0, key
    # Every signature, with user and word sent once: the export's proof, in this process.
    proof = verify_export(version, latency=False)
    assert proof.failures == []
    assert proof.worst["serving_default"] <= 1e-6
