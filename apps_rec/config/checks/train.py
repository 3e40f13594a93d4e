"""Checks of train_config: length, checkpoints, strategy."""

from __future__ import annotations

import os

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.optimizers import check_optimizers
from apps_rec.config.files.uris import WILDCARDS, local_mistake, split_uri
from apps_rec.errors import without_credentials
from apps_rec.protos import train_pb2
from apps_rec.protos.data_pb2 import DataConfig

_PATH = "train_config"
_LONGEST_EXPERIMENT = 500
_ONE_REPLICA = (train_pb2.NoStrategy, train_pb2.OneDeviceStrategy)


def check_train(context: Context) -> None:
    """Reports a training that would never end, and numbers that no optimizer can use."""
    train, report = context.config.train_config, context.report
    endless = not train.num_steps and not context.config.data_config.num_epochs
    if endless and not report.is_broken("data_config.num_epochs"):
        text = "training would not end: expected train_config.num_steps or data_config.num_epochs above 0."
        report.error(f"{_PATH}.num_steps", text)
    context.in_ranges(train, _PATH)
    _name_map(context)
    _mlflow(context)
    _strategy(context)
    check_optimizers(context)


def _name_map(context: Context) -> None:
    train, path = context.config.train_config, f"{_PATH}.fine_tune_ckpt_var_map"
    file = train.fine_tune_ckpt_var_map
    if not file:
        return
    if mistake := local_mistake(file):
        context.report.error(path, mistake)
    elif context.files_here and ("\0" in file or not os.path.isfile(file)):
        context.report.error(path, f'there is no file "{file}" (paths start at the working directory).')
    elif not train.fine_tune_checkpoint:
        context.report.error(path, "is of fine_tune_checkpoint, which is not given.")


def _mlflow(context: Context) -> None:
    train, report = context.config.train_config, context.report
    uri, experiment = train.mlflow_uri, train.mlflow_experiment
    if uri and (mistake := _mlflow_mistake(uri)):
        report.error(f"{_PATH}.mlflow_uri", mistake)
    if experiment and not uri:
        report.warn(f"{_PATH}.mlflow_experiment", "has no effect: mlflow_uri is not set.")
    if len(experiment) > _LONGEST_EXPERIMENT or not experiment.isprintable():
        text = f"expected at most {_LONGEST_EXPERIMENT} printable characters, got {len(experiment):,}"
        report.error(f"{_PATH}.mlflow_experiment", f"{text}{'' if experiment.isprintable() else ', some of control'}.")


def _mlflow_mistake(uri: str) -> str | None:
    """Returns the mistake in the URI of a tracking server or of its file; None where there is none."""
    if without_credentials(uri) != uri:
        expected = "expected them in the environment: MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD or"
        return f"holds credentials ({without_credentials(uri)}); {expected} MLFLOW_TRACKING_TOKEN."
    scheme, authority, path = split_uri(uri) or ("", "", "")
    if scheme in ("http", "https") and authority:
        return None
    if scheme == "sqlite" and not authority and path and path != ":memory:":
        return None
    return f'expected a server, as http://localhost:5000, or a file, as sqlite:///out/mlflow.db, got "{uri}".'


def _strategy(context: Context) -> None:
    train, data, report = context.config.train_config, context.config.data_config, context.report
    name = train_pb2.DistributionStrategy.Name(train.train_distribute)
    if train.train_distribute == train_pb2.TPUStrategy:
        _tpu(context)
    elif train.jit_compile and train.train_distribute not in _ONE_REPLICA:
        text = (
            f"XLA cannot compile the sums over replicas of {name}; set it to false, or train_distribute to NoStrategy."
        )
        report.error(f"{_PATH}.jit_compile", text)
    if data.worker_split != DataConfig.AUTO and train.train_distribute != train_pb2.MultiWorkerMirroredStrategy:
        split = DataConfig.WorkerSplit.Name(data.worker_split)
        text = f"{split} is for MultiWorkerMirroredStrategy; leave it out, train_distribute is {name}."
        report.error("data_config.worker_split", text)
    if train.train_distribute == train_pb2.ParameterServerStrategy:
        _parameter_servers(context, name)


def _parameter_servers(context: Context, name: str) -> None:
    data, report = context.config.data_config, context.report
    if data.input_type not in (DataConfig.CSVInput, DataConfig.TFRecordInput):
        kind = DataConfig.InputType.Name(data.input_type).removesuffix("Input")
        text = f"{name} reads with TensorFlow's operations, which cannot read {kind}. Use `apps-rec convert` first."
        report.error("data_config.input_type", text)
    for field in ("holdout_fraction", "holdout_from"):
        if getattr(data, field):
            report.error(f"data_config.{field}", f"{name} cannot leave out rows; use eval_input_path.")
    if any(char in context.config.model_dir for char in WILDCARDS):
        text = f"{name} reads checkpoints on the servers, by TensorFlow itself, which takes"
        report.error("model_dir", f"{text} {' '.join(WILDCARDS)} for wildcards; choose a path without them.")


def _tpu(context: Context) -> None:
    """Reports options that a TPU cannot do, and those that it does anyway."""
    train, data, report = context.config.train_config, context.config.data_config, context.report
    if not data.drop_remainder:
        text = "a TPU takes batches of one size: expected true with TPUStrategy, to leave out the last, smaller one."
        report.error("data_config.drop_remainder", text)
    if train.jit_compile:
        text = "TPUStrategy compiles the whole step by itself; set it to false."
        report.error(f"{_PATH}.jit_compile", text)
