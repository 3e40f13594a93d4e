"""Checks of one DNN."""

from __future__ import annotations

from apps_rec.config.checks.context import Context
from apps_rec.protos.dnn_pb2 import DNN

ACTIVATIONS = (
    "relu",
    "gelu",
    "elu",
    "selu",
    "silu",
    "swish",
    "tanh",
    "sigmoid",
    "leaky_relu",
    "softplus",
    "linear",
    "dice",
    "prelu",
)


def check_dnn(context: Context, dnn: DNN, path: str) -> None:
    """Reports layers without units, wrong dropout and unknown activations."""
    report, layers = context.report, len(dnn.hidden_units)
    if not layers:
        report.missing(path, "hidden_units", "the size of each layer, such as [64, 32]")
    for at, units in enumerate(dnn.hidden_units):
        if not units:
            report.error(f"{path}.hidden_units[{at}]", "expected more than 0, got 0.")
    if layers and len(dnn.dropout_ratio) not in (0, 1, layers):
        text = f"expected one number, or one for each of the {layers} layers, got {len(dnn.dropout_ratio)}."
        report.error(f"{path}.dropout_ratio", text)
    for at, ratio in enumerate(dnn.dropout_ratio):
        if not 0 <= ratio < 1:
            report.error(f"{path}.dropout_ratio[{at}]", f"expected a number in [0, 1), got {ratio:g}.")
    if dnn.activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        text = f'unknown activation "{dnn.activation}"; known are {known}.'
        report.error(f"{path}.activation", text, got=dnn.activation, among=ACTIVATIONS)
