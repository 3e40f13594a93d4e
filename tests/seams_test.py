"""A toy body, head, loss and metric are rows of the tables and nothing else: one training takes all four."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.config import heads as config_heads
from apps_rec.config import metric_names, outputs
from apps_rec.config import metrics as config_metrics
from apps_rec.errors import ConfigError
from apps_rec.evaluation.metrics import METRICS, Metric
from apps_rec.legacy_keras import keras
from apps_rec.losses import LOSSES, Loss
from apps_rec.models import build, heads
from apps_rec.models.specs import ScoreTerm
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.serving.schema import build_serving_schema
from apps_rec.training.estimator import load_trained

MODEL = """
model_config {
  feature_groups { group_name: "all" feature_names: ["user", "app", "price", "word", "tags"] }
  rank_model {
    body { shared_bottom { } }
    task_towers { tower_name: "ctr" label_name: "click" }
    task_towers { tower_name: "cvr" label_name: "download" }
  }
}
eval_config { metrics_set { auc { } } metrics_set { calibration { } } }
export_config { exporter_type: "best" best_exporter_metric: "calibration_ctr" metric_bigger: false }
train_config { num_steps: 2 save_checkpoints_steps: 1 save_summary_steps: 0 }
"""


class ToyBody(keras.layers.Layer):
    """One dense layer over all groups, as anybody writes it."""

    def __init__(self, groups, num_tasks):
        super().__init__(name="toy_body")
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self.dense = keras.layers.Dense(3, activation="tanh", name="toy")

    def call(self, inputs, training=False, seed=None):
        return [self.dense(tf.concat(list(inputs), axis=1))] * self.num_tasks


class ToyOfConfig(config_heads.Independent):
    """Towers whose outputs are numbers, not probabilities."""

    def outputs(self, rank):
        return [f"value_{tower.tower_name}" for tower in rank.task_towers]

    scores = trained = outputs

    def targets(self, rank, at):
        tower = rank.task_towers[at]
        return [config_heads.Target(tower.tower_name, f"value_{tower.tower_name}", (tower.label_name,))]


class ToyHead(heads.IndependentHead):
    def outputs(self, logits):
        return {f"value_{task.name}": logits[task.name] for task in self.tasks}

    def default_score(self):
        return tuple(ScoreTerm(f"value_{task.name}") for task in self.tasks)


def squared_error(labels, values):
    return tf.square(values - tf.cast(labels, values.dtype))


def mean_squared_error(labels, scores):
    return float(np.mean((labels - scores) ** 2)) if len(scores) else None


@pytest.fixture(scope="module")
def toy(tiny_run, tmp_path_factory):
    """Return a folder whose config is trained with a toy of each kind, and the result of the training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(build.BODIES, "shared_bottom", lambda message, parts, num_tasks, **_: ToyBody(parts, num_tasks))
        patch.setitem(config_heads.HEADS, "independent", ToyOfConfig())
        patch.setitem(heads.HEADS, "independent", ToyHead)
        patch.setitem(LOSSES, "CLASSIFICATION", Loss(squared_error))
        patch.setitem(METRICS, "calibration", Metric(mean_squared_error, of_positives=True, of_negatives=True))
        row = replace(config_metrics.METRICS["calibration"], better=EvalMetrics.LOWER)
        patch.setitem(config_metrics.METRICS, "calibration", row)
        folder = tmp_path_factory.mktemp("toy")
        patch.chdir(folder)
        run = tiny_run(folder, rows=200)
        before = run.config.read_text(encoding="utf-8").split("model_config {")[0].splitlines(keepends=True)
        run.config.write_text("".join(line for line in before if '"slot"' not in line) + MODEL, encoding="utf-8")
        yield run, apps_rec.train(run.load())


def test_the_body_is_trained(toy):
    run, result = toy
    estimator, _, step = load_trained(run.load())
    assert isinstance(estimator.model.body, ToyBody)
    assert [tuple(v.shape) for v in estimator.model.body.dense.variables] == [(20, 3), (3,)]
    assert (result.step, step) == (2, result.best_step)


def test_the_heads_outputs_go_as_far_as_the_export(toy):
    config = toy[0].load().message
    assert outputs(config) == ["value_ctr", "value_cvr", "score"]
    assert [term.output for term in config.model_config.score] == ["value_ctr", "value_cvr"]
    assert build_serving_schema(config).rank_outputs == ("score", "order", "value_ctr", "value_cvr")


def test_the_loss_is_the_tasks(toy):
    head = load_trained(toy[0].load())[0].model.head
    rows = heads.AllRows({"ctr": tf.constant([2.0]), "cvr": tf.constant([3.0])})
    logits = {"ctr": tf.constant([0.5]), "cvr": tf.constant([-2.0])}
    losses = head.losses(logits, {"click": [1.0], "download": [0.0]}, rows)
    terms = {name: [(t.values.numpy()[0], t.weights.numpy()[0]) for t in loss] for name, (loss,) in losses.items()}
    assert terms == {"ctr": [(0.25, 2)], "cvr": [(4, 3)]}


def test_the_metric_chooses_the_checkpoint_and_is_reported(toy):
    run, result = toy
    assert metric_names(run.load().message) == ["auc_ctr", "calibration_ctr", "auc_cvr", "calibration_cvr"]
    metrics = apps_rec.evaluate(run.load())
    assert result.best_value == pytest.approx(metrics["calibration_ctr"], rel=1e-6)
    assert f"{metrics['calibration_ctr']:.5f}" in str(metrics)
    # Its row says that less is better: the other way round is refused.
    with pytest.raises(ConfigError, match='metric_bigger: expected false for "calibration_ctr"'):
        run.load("export_config.metric_bigger=true")
