"""PredictionService and ModelService in this process, with failures on demand."""

from __future__ import annotations

import time
from concurrent import futures

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse, ModelVersionStatus
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceServicer, add_ModelServiceServicer_to_server
from tensorflow_serving.apis.predict_pb2 import PredictResponse
from tensorflow_serving.apis.prediction_service_pb2_grpc import (
    PredictionServiceServicer,
    add_PredictionServiceServicer_to_server,
)

from apps_rec_client import RankClient

NEWEST = 9


def in_order(signature, arrays):
    """A ranking of the items, or rows, as they came."""
    rows = max(len(array) for name, array in arrays.items() if name != "weights")
    return {"score": np.linspace(0.9, 0.1, rows, dtype=np.float32), "order": np.arange(rows, dtype=np.int32)}


class Service(PredictionServiceServicer, ModelServiceServicer):
    """Answers every request, after the failures.

    Attributes:
        answer: signature and arrays -> outputs.
        failures: code and words of the next answers.
        seconds: that an answer takes.
        requests: that came.
    """

    def __init__(self, port: int = 0) -> None:
        self.answer = in_order
        self.failures: list[tuple[grpc.StatusCode, str]] = []
        self.seconds = 0.0
        self.requests: list = []
        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        add_PredictionServiceServicer_to_server(self, self._server)
        add_ModelServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def client(self, schema, **options) -> RankClient:
        """A client of the model "apps", which no proxy of the environment comes between."""
        options = {"timeout_seconds": 30, "channel_options": [("grpc.enable_http_proxy", 0)], **options}
        return RankClient(f"127.0.0.1:{self.port}", "apps", schema, **options)

    def Predict(self, request, context):  # noqa: N802
        """As a server does."""
        self.requests.append(request)
        if self.failures:
            context.abort(*self.failures.pop(0))
        time.sleep(self.seconds)
        arrays = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
        try:
            outputs = self.answer(request.model_spec.signature_name, arrays)
        except tf.errors.OpError as error:
            context.abort(next(code for code in grpc.StatusCode if code.value[0] == error.error_code), error.message)
        response = PredictResponse(model_spec=request.model_spec)
        response.model_spec.version.value = request.model_spec.version.value or NEWEST
        if isinstance(outputs, PredictResponse):
            return outputs
        for name, array in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
        return response

    def GetModelStatus(self, request, context):  # noqa: N802
        """As a server that unloads version 8."""
        self.requests.append(request)
        states = {NEWEST: ModelVersionStatus.AVAILABLE, 8: ModelVersionStatus.UNLOADING}
        return GetModelStatusResponse(
            model_version_status=[ModelVersionStatus(version=number, state=state) for number, state in states.items()]
        )

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *of_an_error: object) -> None:
        self._server.stop(None).wait()
