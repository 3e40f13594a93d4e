"""The client of a model in TensorFlow Serving."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictResponse
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from apps_rec_client.answers import ORDER, SCORE, read_outputs, read_states
from apps_rec_client.calls import call
from apps_rec_client.columns import Rows, Weights
from apps_rec_client.errors import RequestError
from apps_rec_client.requests import DEFAULT, RANK, RANK_PACKED, predict_request, rank_inputs, score_inputs
from apps_rec_client.schema import read_schema

# gRPC waits 1 s and up to 2 min before it connects again. A ranking cannot wait so long for a server that restarts.
_CHANNEL_OPTIONS = {"grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 1000}


@dataclass(frozen=True)
class Ranking:
    """The ranked items of a request.

    Attributes:
        score: scores, `[N]` float32, in the order in which the items were sent.
        order: places of the items, the best first, `[N]` int32.
        probs: probabilities by output (`probs_ctr`), `[N]` float32 each, in the order in which the items were sent.
        version: version of the model that answered.
        values: numbers that towers predict, by output (`y_minutes`), likewise.
    """

    score: np.ndarray
    order: np.ndarray
    probs: dict[str, np.ndarray]
    version: int
    values: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Scores:
    """The scores of rows.

    Attributes:
        score: scores, `[N]` float32.
        probs: probabilities by output (`probs_ctr`), `[N]` float32 each; of several classes `[N, classes]`.
        logits: logits by output (`logits_ctr`), `[N]` float32 each; of several classes `[N, classes]`.
        version: version of the model that answered.
        values: numbers and classes that towers predict, by output (`y_minutes`), `[N]` float32 each.
    """

    score: np.ndarray
    probs: dict[str, np.ndarray]
    logits: dict[str, np.ndarray]
    version: int
    values: dict[str, np.ndarray] = field(default_factory=dict)


class RankClient:
    """Asks TensorFlow Serving for scores and rankings of an export of apps_rec. Threads may share it.

    Without version and label, the server's newest version answers. rank_packed sends columns by their place, so a
    version with other columns, or with another order of them, needs its own schema. rank sends them by name.

    Args:
        target: host:port of the server's gRPC, or any other target of a gRPC channel.
        model_name: name of the model at the server.
        schema: path of the export's assets/schema.json, or the object in that file.
        version: number of the version to ask for; None: the server's choice.
        version_label: label of the version to ask for, instead of a number.
        timeout_seconds: limit for a request with all its attempts, above 0.
        retries: number of further attempts where the server cannot be reached, 0 or more.
        credentials: credentials of an encrypted channel; None: plain text.
        max_answer_bytes: largest answer that is taken; None: gRPC's limit, 4 MiB.
        channel_options: further options of the channel, pairs of gRPC's names and values.

    Raises:
        SchemaError: no schema of an export.
        RequestError: version and label at once, no time, a negative number of retries, or no bytes to take.
    """

    def __init__(
        self,
        target: str,
        model_name: str,
        schema: str | os.PathLike[str] | Mapping[str, Any],
        *,
        version: int | None = None,
        version_label: str | None = None,
        timeout_seconds: float = 1.0,
        retries: int = 2,
        credentials: grpc.ChannelCredentials | None = None,
        max_answer_bytes: int | None = None,
        channel_options: Sequence[tuple[str, Any]] = (),
    ) -> None:
        if version is not None and version_label is not None:
            raise RequestError(f"expected version or version_label, got both: {version} and {version_label!r}")
        if not timeout_seconds > 0:
            raise RequestError(f"timeout_seconds: expected more than 0, got {timeout_seconds}")
        if retries < 0:
            raise RequestError(f"retries: expected 0 or more, got {retries}")
        if max_answer_bytes is not None and not 0 < max_answer_bytes < 2**31:
            raise RequestError(f"max_answer_bytes: expected 1 to {2**31 - 1}, got {max_answer_bytes}")
        self.schema = read_schema(schema)
        self._spec = ModelSpec(name=model_name)
        if version is not None:
            self._spec.version.value = version
        if version_label is not None:
            self._spec.version_label = version_label
        which = f"version {version}" if version is not None else f"version {version_label or 'of its choice'}"
        self._asked = f"model {model_name}, {which}, at {target}"
        self._timeout_seconds, self._retries = timeout_seconds, retries
        limit = {} if max_answer_bytes is None else {"grpc.max_receive_message_length": max_answer_bytes}
        options = list({**_CHANNEL_OPTIONS, **limit, **dict(channel_options)}.items())
        self._channel = (
            grpc.insecure_channel(target, options)
            if credentials is None
            else grpc.secure_channel(target, credentials, options)
        )
        self._predict = PredictionServiceStub(self._channel).Predict
        self._status = ModelServiceStub(self._channel).GetModelStatus

    def rank(
        self, user: Mapping[str, Any], items: Rows, weights: Weights | None = None, signature: str = RANK_PACKED
    ) -> Ranking:
        """Ranks items for a user.

        Args:
            user: columns of the user and the context, one value each.
            items: columns of the items, one list each, or a dict for each item; there may be none.
            weights: weights of the score's terms, by output or in the schema's order; None: the config's.
            signature: "rank" or "rank_packed".

        Raises:
            RequestError: user, items or weights are not what the schema asks for; nothing was sent.
            ServerError: the server answered with an error, not in time or not at all.
            AnswerError: the answer is not a ranking of these items.
        """
        inputs = rank_inputs(signature, user, items, weights, self.schema)
        rows = len(inputs[self.schema.items[0].name if signature == RANK else self._item_stack])
        outputs, version = self._ask(signature, inputs, rows, [SCORE, ORDER])
        return Ranking(outputs[SCORE], outputs[ORDER], _named(outputs, "probs_"), version, _named(outputs, "y_"))

    def score(self, rows: Rows) -> Scores:
        """Scores rows by themselves, each with its own user, context and item.

        Args:
            rows: every column, one list each, or a dict for each row.

        Raises:
            RequestError: the rows are not what the schema asks for; nothing was sent.
            ServerError: the server answered with an error, not in time or not at all.
            AnswerError: the answer does not hold scores of these rows.
        """
        inputs = score_inputs(rows, self.schema)
        outputs, version = self._ask(DEFAULT, inputs, len(inputs[self.schema.columns[0].name]), [SCORE])
        logits = _named(outputs, "logits_") | _named(outputs, "pos_logits_")
        return Scores(outputs[SCORE], _named(outputs, "probs_"), logits, version, _named(outputs, "y_"))

    def versions(self) -> dict[int, str]:
        """Returns the states of the model's versions: AVAILABLE if it answers, else START, LOADING, UNLOADING or END.

        Raises:
            ServerError: the server does not know the model, or did not answer.
            AnswerError: a state in the answer is unknown.
        """
        request = GetModelStatusRequest(model_spec=ModelSpec(name=self._spec.name))
        asked = f"{self._asked}, status"
        return call(
            self._status,
            request,
            asked,
            self._timeout_seconds,
            self._retries,
            lambda answer: read_states(answer, asked),
        )

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def __enter__(self) -> RankClient:
        return self

    def __exit__(self, *of_an_error: object) -> None:
        self.close()

    @property
    def _item_stack(self) -> str:
        """Returns the name of an input of rank_packed with a row for each item."""
        return next(stack.name for stack in self.schema.stacks if stack.columns[0].goes_with == "items")

    def _ask(
        self, signature: str, inputs: Mapping[str, np.ndarray], rows: int, least: Sequence[str]
    ) -> tuple[dict[str, np.ndarray], int]:
        """Returns the outputs that the schema promises, at least `least`, and the version that answered."""
        request = predict_request(self._spec, signature, inputs)
        asked = f"{self._asked}, {signature}"
        expected = list(dict.fromkeys([*least, *self.schema.outputs.get(signature, ())]))

        def read(answer: PredictResponse) -> tuple[dict[str, np.ndarray], int]:
            outputs = read_outputs(answer, asked, self._spec, rows, expected, self.schema.widths)
            return outputs, answer.model_spec.version.value

        return call(self._predict, request, asked, self._timeout_seconds, self._retries, read)


def _named(outputs: Mapping[str, np.ndarray], start: str) -> dict[str, np.ndarray]:
    return {name: outputs[name] for name in sorted(outputs) if name.startswith(start)}
