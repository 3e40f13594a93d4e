"""Writes the files beside a SavedModel: schema, model card, sample requests, warm-up, vocabularies, config."""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from apps_rec.data import data_files
from apps_rec.data.storage import size_and_time
from apps_rec.errors import DataError, RunError
from apps_rec.evaluation import to_json, to_table
from apps_rec.names import file_name
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.export_folder import CONFIG_ASSET
from apps_rec.serving.parity.golden import EVIDENCE_ASSET, Golden, first_rows
from apps_rec.serving.requests import grpc_text, request, rest_columns, rest_rows
from apps_rec.serving.saved_model.publish_gate import MEASURED_ON, METRICS_ASSET
from apps_rec.serving.saved_model.warmup import write_warmup
from apps_rec.serving.schema import DEFAULT, EXAMPLE, SCHEMA_ASSET, SIGNATURES, ServingSchema

if TYPE_CHECKING:
    from apps_rec.features import Preprocessor

CARD_ASSET, SAMPLES = "assets/MODEL_CARD.md", "assets/samples"
SAMPLE_ROWS, WARMUP_ROWS = 3, (1, 100)


@dataclass(frozen=True)
class RunFacts:
    """Facts about a model that its run knows.

    Attributes:
        step: step of its weights.
        exporter_type: rule by which that step was chosen.
        metrics: metrics measured at this step on the rows of the config, with a description of those rows; None: there
            are none.
        why_not: reason that there are no metrics, in words.
    """

    step: int
    exporter_type: str
    metrics: Mapping[str, Any] | None = None
    why_not: str = ""


def write_assets(
    folder: Path,
    name: str,
    config: PipelineConfig,
    config_text: str,
    preprocessor: Preprocessor,
    schema: ServingSchema,
    evidence: Golden,
    facts: RunFacts | None,
) -> None:
    """Writes everything into the folder of a version.

    Args:
        folder: folder of the SavedModel.
        name: name of the model in requests.
        config: config, checked and normalised.
        config_text: config as text.
        preprocessor: preprocessor with the vocabularies.
        schema: schema of the signatures.
        evidence: evidence that proves the export.
        facts: facts of the run; None: not known.
    """
    assets = folder / "assets"
    assets.mkdir(exist_ok=True)
    _write(assets / CONFIG_ASSET, config_text)
    for feature, words in preprocessor.vocabularies().items():
        _write(assets / f"vocabulary_{file_name(feature)}.txt", "".join(f"{word}\n" for word in words))
    _write(folder / SCHEMA_ASSET, json.dumps(schema.to_json(), ensure_ascii=False, indent=1) + "\n")
    _write(folder / EVIDENCE_ASSET, evidence.to_json())
    if facts is not None and facts.metrics is not None:
        _write(folder / METRICS_ASSET, to_json(facts.metrics) + "\n")
    _write(folder / CARD_ASSET, model_card(name, config, schema, evidence, facts))
    _write_samples(folder / SAMPLES, name, schema, evidence)
    _copy_files(assets, config.export_config.asset_files)
    write_warmup(
        folder,
        name,
        {
            signature: [request(signature, first_rows(evidence, count), schema) for count in WARMUP_ROWS]
            for signature in SIGNATURES
        },
    )


def _copy_files(assets: Path, files: Iterable[str]) -> None:
    """Copies the files of export_config.asset_files.

    Raises:
        RunError: a file is not there, or has the name of one of the export's own.
    """
    for file in files:
        target = assets / Path(file).name
        if target.exists():
            raise RunError(f"export_config.asset_files: {file}: the export has a {target.name} of its own; rename it")
        try:
            shutil.copyfile(file, target)
        except OSError as error:
            raise RunError(f"export_config.asset_files: {file}: cannot be copied: {error.strerror}") from None


def model_card(
    name: str, config: PipelineConfig, schema: ServingSchema, evidence: Golden, facts: RunFacts | None
) -> str:
    """Writes, as Markdown, the answers to what a person asks about a served model."""
    files = _files(config)
    terms = ", ".join(f"{output}: {weight:g}" for output, weight in schema.terms)
    value = f", times {schema.value_field}" if schema.value_field else ""
    return f"""# {name}

Written {_moment(time.time())}.

## Model

{_model(config)}; features: {len(config.feature_config.features)}. Ranking score: {schema.formula} ({terms}){value}.
A request to rank may send other weights.

## Training

{_training(config, facts)}

{_table(files)}

## Metrics

{_metrics(facts, files)}

## Proof

Every signature was held against the live model in a fresh process, within {evidence.tolerance:g} (absolute and
relative), on {len(next(iter(evidence.rows.values())))} rows: {evidence.source}, and a row of defaults.
`apps-rec verify-export` repeats it.{_half_precision(evidence)}

## Versions

{_versions()}.
"""


def _half_precision(evidence: Golden) -> str:
    if evidence.score_difference is None:
        return ""
    largest, mean = evidence.score_difference
    return (
        " The live model multiplies in float32 and the export in bfloat16 (half_precision), which\n"
        f"moves the score by at most {largest:.2g}, on average {mean:.2g}, on these rows."
    )


def _model(config: PipelineConfig) -> str:
    rank = config.model_config.rank_model
    body = rank.body.WhichOneof("body") or "none"
    towers = ", ".join(f"{tower.tower_name} ({tower.label_name})" for tower in rank.task_towers)
    fm = "with" if rank.HasField("fm") else "without"
    return f"Body {body}, {fm} FM, head {rank.head.WhichOneof('head')}; towers: {towers}"


def _training(config: PipelineConfig, facts: RunFacts | None) -> str:
    if facts is None:
        return "The run is not known."
    batch = config.data_config.batch_size
    return (
        f"Step {facts.step:,} ({facts.exporter_type}), of {batch:,} rows each: at most {facts.step * batch:,} rows, "
        "each counted as often as it was read."
    )


def _metrics(facts: RunFacts | None, listed: Sequence[str] = ()) -> str:
    """Writes tables of the metrics, and the rows that they were measured on.

    Args:
        facts: facts of the run; None: not known.
        listed: files as they are now, a line for each, which the card lists already.
    """
    if facts is None or facts.metrics is None:
        why_not = f" ({facts.why_not})" if facts and facts.why_not else ""
        return f"Not measured at this step{why_not}; `apps-rec evaluate` before the export."
    numbers = {name: value for name, value in facts.metrics.items() if not isinstance(value, dict | list)}
    parts = [f"```\n{to_table(numbers)}\n```"]
    exported = facts.metrics.get("as_exported")
    if isinstance(exported, dict):
        parts.append(
            "With the position that was logged. With that of the export in every row, which is the calibration of its\n"
            f"probabilities:\n\n```\n{to_table(exported)}\n```"
        )
    rows = facts.metrics[MEASURED_ON]
    filters = "; ".join(f"`{text}`" for text in rows["row_filter"]) or "none"
    first = f", the first {rows['num_examples']:,} rows" if rows["num_examples"] else ""
    files = [f"| {file['path']} | {file['bytes']:,} | {file['changed']} |" for file in rows["files"]]
    same = set(files) <= set(listed)
    said = "Its files are listed above, unchanged since" if same else "The files as they were measured"
    parts.append(f"On `{rows['eval_input_path']}`{first}; row_filter: {filters}. {said}{'.' if same else ':'}")
    if not same:
        parts.append(_table(files))
    return "\n\n".join(parts)


def _table(files: Sequence[str]) -> str:
    return "\n".join(["| data | bytes | changed |", "| --- | --- | --- |", *files])


def _files(config: PipelineConfig) -> list[str]:
    """Returns a line for each file with its date, as no column of the config tells the time of a row.

    A file to train on and to evaluate on is there once.
    """
    lines = []
    for field in ("train_input_path", "eval_input_path"):
        try:
            files = data_files(getattr(config, field), field, config.data_config.input_timeout_seconds)
        except DataError:
            lines.append(f"| {field} {getattr(config, field)} | not there at the export | |")
            continue
        for file in files:
            size, changed_ns = size_and_time(file)
            # A store need not say when a file was changed.
            lines.append(f"| {file} | {size:,} | {_moment(changed_ns / 1e9) if changed_ns else 'not known'} |")
    return list(dict.fromkeys(lines))


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def _versions() -> str:
    packages = [f"{package} {_version(package)}" for package in ("apps_rec", "tf_keras", "protobuf")]
    return ", ".join([*packages, f"tensorflow {tf.__version__}", f"Python {platform.python_version()}"])


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _write_samples(folder: Path, name: str, schema: ServingSchema, evidence: Golden) -> None:
    folder.mkdir()
    for signature in SIGNATURES:
        inputs: dict[str, Any] = request(signature, first_rows(evidence, SAMPLE_ROWS), schema)
        if signature in (DEFAULT, EXAMPLE):
            _write(folder / f"{signature}.rows.json", rest_rows(signature, inputs))
        _write(folder / f"{signature}.columns.json", rest_columns(signature, inputs))
        _write(folder / f"{signature}.grpc.txt", grpc_text(name, signature, inputs))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
