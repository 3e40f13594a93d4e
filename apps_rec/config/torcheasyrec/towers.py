"""Networks, towers, losses and metrics of TorchEasyRec, as this package's."""

from __future__ import annotations

from typing import Any

from apps_rec.config.report import Report
from apps_rec.config.torcheasyrec.features.columns import ANY, LABEL, NUMBER, Columns
from apps_rec.protos import loss_pb2
from apps_rec.protos.dnn_pb2 import DNN
from apps_rec.protos.eval_pb2 import EvalMetrics
from apps_rec.protos.loss_pb2 import Loss
from apps_rec.protos.network_pb2 import TaskTower

# PyTorch's class -> our name.
_ACTIVATIONS = {
    "ReLU": "relu",
    "GELU": "gelu",
    "ELU": "elu",
    "SELU": "selu",
    "SiLU": "silu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "LeakyReLU": "leaky_relu",
    "Softplus": "softplus",
    "Identity": "linear",
    "PReLU": "prelu",
    "Dice": "dice",
}


class Towers:
    """A translation of what towers hold.

    Args:
        columns: receiver of the columns of labels, weights and users.
        report: receiver of mistakes.
    """

    def __init__(self, columns: Columns, report: Report) -> None:
        self._columns, self._report = columns, report

    def dnn(self, given: Any, path: str, made: DNN) -> None:
        """Translates a network; batch norm is off where nothing is said."""
        made.hidden_units.extend(given.hidden_units)
        made.dropout_ratio.extend(given.dropout_ratio)
        made.use_bn = given.use_bn
        if given.HasField("activation"):
            name = given.activation.removeprefix("nn.").removesuffix("()")
            if name in _ACTIVATIONS:
                made.activation = _ACTIVATIONS[name]
            else:
                known = ", ".join(f"nn.{known}" for known in _ACTIVATIONS)
                text = f'expected one of {known}, got "{given.activation}".'
                self._report.error(f"{path}.activation", text, got=given.activation, among=_ACTIVATIONS)

    def tower(self, given: Any, path: str, label: str, made: TaskTower) -> None:
        """Translates a tower of a model with several.

        Args:
            given: its message.
            path: its path.
            label: its label where it names none.
            made: the message to fill.
        """
        for name in ("tower_name", "num_class", "weight"):
            if given.HasField(name):
                setattr(made, name, getattr(given, name))
        made.label_name = given.label_name or label
        if given.task_space_indicator_label:
            made.task_space_indicator_label = given.task_space_indicator_label
        for name in ("in_task_space_weight", "out_task_space_weight"):
            if given.HasField(name):
                setattr(made, name, getattr(given, name))
        if given.sample_weight_name:
            made.sample_weight = given.sample_weight_name
            self.weight(given.sample_weight_name, f"{path}.sample_weight_name")
        if given.HasField("mlp"):
            self.dnn(given.mlp, f"{path}.mlp", made.dnn)
        self.learns(given, path, made)

    def learns(self, given: Any, path: str, made: TaskTower) -> None:
        """Translates losses and metrics, of a tower or of a model with one task."""
        for at, metric in enumerate(given.metrics):
            if metric.WhichOneof("metric"):
                self._metric(metric, f"{path}.metrics[{at}]", made.metrics_set.add())
        losses = [
            self._loss(loss, f"{path}.losses[{at}]") for at, loss in enumerate(given.losses) if loss.WhichOneof("loss")
        ]
        if len(losses) == 1 and losses[0].WhichOneof("loss_param") is None:
            made.loss_type = losses[0].loss_type
        else:
            made.losses.extend(losses)

    def is_of_numbers(self, given: Any) -> bool:
        """Tells whether the label of a tower is a number."""
        return any(loss.HasField("l2_loss") for loss in given.losses)

    def weight(self, name: str, path: str) -> None:
        """Adds a column of weights."""
        self._columns.add(name, NUMBER, path)

    def label(self, name: str, path: str, of_numbers: bool) -> None:
        """Adds the column of a label."""
        self._columns.add(name, NUMBER if of_numbers else LABEL, path)

    def _loss(self, given: Any, path: str) -> Loss:
        kind, made = given.WhichOneof("loss"), Loss()
        options = getattr(given, kind)
        if kind in ("binary_cross_entropy", "softmax_cross_entropy"):
            made.loss_type = loss_pb2.CLASSIFICATION
            if kind == "softmax_cross_entropy" and options.label_smoothing:
                made.classification_loss.label_smoothing = options.label_smoothing
        elif kind == "l2_loss":
            made.loss_type = loss_pb2.L2_LOSS
        elif kind == "jrc_loss":
            made.loss_type = loss_pb2.JRC_LOSS
            made.jrc_loss.session_name = options.session_name
            if options.HasField("alpha"):
                made.jrc_loss.alpha = options.alpha
            self._columns.add(options.session_name, ANY, f"{path}.{kind}.session_name")
        else:
            made.loss_type = loss_pb2.BINARY_FOCAL_LOSS
            made.binary_focal_loss.alpha = options.alpha if options.HasField("alpha") else 0.5
            if options.HasField("gamma"):
                made.binary_focal_loss.gamma = options.gamma
        return made

    def _metric(self, given: Any, path: str, made: EvalMetrics) -> None:
        kind = given.WhichOneof("metric")
        options = getattr(given, kind)
        if kind == "grouped_auc":
            made.gauc.uid_field = options.grouping_key
            self._columns.add(options.grouping_key, ANY, f"{path}.{kind}.grouping_key")
        elif kind == "recall_at_k":
            made.recall_at_topk.SetInParent()
            if options.HasField("top_k"):
                made.recall_at_topk.topk = options.top_k
        else:
            getattr(made, kind).SetInParent()
            if kind == "accuracy" and options.HasField("threshold"):
                made.accuracy.threshold = options.threshold
