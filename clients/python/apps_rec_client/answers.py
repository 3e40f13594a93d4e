"""A server's answer, checked against the request before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse, ModelVersionStatus
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictResponse

from apps_rec_client.errors import AnswerError
from apps_rec_client.tensors import to_numbers

SCORE, ORDER = "score", "order"
_KINDS = ("probs_", "logits_", "pos_logits_", "y_")


def read_outputs(
    answer: PredictResponse,
    asked: str,
    spec: ModelSpec,
    rows: int,
    expected: Sequence[str],
    widths: Mapping[str, int] | None = None,
) -> dict[str, np.ndarray]:
    """Reads the outputs of an answer: finite float32 numbers, `[rows]` each, and `order`, an int32 permutation.

    Args:
        answer: answer of the server.
        asked: the question and its receiver in words, for errors.
        spec: spec of the model that was asked for.
        rows: number of rows that were sent.
        expected: names of outputs that must be there; of the others only those of towers are read.
        widths: how many numbers a row those outputs hold that hold more than one, `[rows, width]`.

    Raises:
        AnswerError: it is not an answer to the request.
    """
    version = answer.model_spec.version.value
    if spec.HasField("version") and answer.model_spec.HasField("version") and version != spec.version.value:
        raise AnswerError(f"{asked}: expected version {spec.version.value}, got an answer of version {version}")
    there = answer.outputs
    missing = [name for name in expected if name not in there]
    if missing:
        raise AnswerError(f"{asked}: expected the outputs {', '.join(expected)}, got none called {', '.join(missing)}")
    names = [*expected, *sorted(name for name in there if name.startswith(_KINDS) and name not in expected)]
    read = {}
    for name in names:
        dtype = np.int32 if name == ORDER else np.float32
        try:
            read[name] = to_numbers(there[name], dtype, rows, (widths or {}).get(name))
        except ValueError as error:
            kind, width = np.dtype(dtype).name, (widths or {}).get(name)
            size, each = (f"{rows}", "one") if width is None else (f"{rows} x {width}", f"{width}")
            raise AnswerError(
                f"{asked}: {name!a}: expected {size} finite numbers of the type {kind}, {each} a row, got {error}"
            ) from error
    if ORDER in read and not np.array_equal(np.sort(read[ORDER]), np.arange(rows)):
        raise AnswerError(f"{asked}: order: expected each place from 0 to {rows - 1} once, got others or some twice")
    return read


def read_states(answer: GetModelStatusResponse, asked: str) -> dict[int, str]:
    """Returns the state of each version, by the version's number.

    Raises:
        AnswerError: a state is unknown.
    """
    names: Mapping[int, str] = {number: name for name, number in ModelVersionStatus.State.items()}
    statuses = sorted(answer.model_version_status, key=lambda status: status.version)
    for status in statuses:
        if status.state not in names:
            raise AnswerError(f"{asked}: version {status.version}: there is no state of the number {status.state}")
    return {status.version: names[status.state] for status in statuses}
