"""The warm-up file is what TensorFlow Serving reads, and every request in it runs."""

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis import prediction_log_pb2

from apps_rec.protos.serving_log_pb2 import PredictionLog
from apps_rec.serving.saved_model.warmup import WARMUP_FILE
from apps_rec.serving.schema import SIGNATURES

# Field numbers of tensorflow_serving/apis/*.proto.
NUMBERS = {
    "PredictionLog": {"predict_log": 6},
    "PredictLog": {"request": 1},
    "PredictRequest": {"model_spec": 1, "inputs": 2},
    "ModelSpec": {"name": 1, "signature_name": 3},
}


def records(version):
    return [record.numpy() for record in tf.data.TFRecordDataset(str(version / WARMUP_FILE))]


def test_the_file_lies_where_the_server_looks(ranked):
    assert (ranked.version / "assets.extra" / "tf_serving_warmup_requests").is_file()
    assert 0 < len(records(ranked.version)) <= 1000


def test_every_signature_is_replayed(ranked):
    seen = []
    for record in records(ranked.version):
        request = PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == "export"
        tensors = {name: TensorProto.FromString(tensor) for name, tensor in request.inputs.items()}
        outputs = ranked.engine.run(
            request.model_spec.signature_name, {name: tf.make_ndarray(tensor) for name, tensor in tensors.items()}
        )
        assert np.all(np.isfinite(outputs["score"]))
        seen.append((request.model_spec.signature_name, len(outputs["score"])))
    assert seen == [(name, rows) for name in SIGNATURES for rows in (1, 100)]


def test_field_numbers_are_the_servers():
    for message, fields in NUMBERS.items():
        descriptor = PredictionLog.DESCRIPTOR.file.message_types_by_name[message]
        assert {field.name: field.number for field in descriptor.fields} == fields


def test_the_servers_own_messages_read_the_same(ranked):
    for record in records(ranked.version):
        ours = PredictionLog.FromString(record).predict_log.request
        theirs = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        assert theirs.model_spec.signature_name == ours.model_spec.signature_name
        assert {name: tensor.SerializeToString(deterministic=True) for name, tensor in theirs.inputs.items()} == {
            name: TensorProto.FromString(tensor).SerializeToString(deterministic=True)
            for name, tensor in ours.inputs.items()
        }
