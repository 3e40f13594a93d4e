"""Writes a SavedModel that TensorFlow Serving can load, and proves it before it gets its name."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from apps_rec.errors import RunError
from apps_rec.features import Preprocessor
from apps_rec.models import RankModel, half_precision_twin
from apps_rec.models.bodies import Custom
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.serving.parity.golden import Golden, make_golden
from apps_rec.serving.parity.verify import prove_in_fresh_process
from apps_rec.serving.program import foreign
from apps_rec.serving.raw_columns import to_tensors
from apps_rec.serving.saved_model.assets import RunFacts, write_assets
from apps_rec.serving.saved_model.input_names import restore_input_names
from apps_rec.serving.saved_model.module import ServingModule
from apps_rec.serving.saved_model.publish_gate import check_gate
from apps_rec.serving.schema import build_serving_schema
from apps_rec.serving.versions import new_version, publish, remove_leftovers, remove_old

log = logging.getLogger("apps_rec")


def build_serving_module(config: PipelineConfig, model: RankModel, preprocessor: Preprocessor) -> ServingModule:
    """Builds the module of a config's model. Its inputs are the columns of all features but the position features."""
    return ServingModule(model, preprocessor, build_serving_schema(config))


def export_model(
    config: PipelineConfig,
    config_text: str,
    model: RankModel,
    preprocessor: Preprocessor,
    folder: str,
    facts: RunFacts | None = None,
) -> Path:
    """Writes `<folder>/<version>/`, under another name until it is whole and proven.

    Args:
        config: config, checked and normalised.
        config_text: config as text, kept as an asset.
        model: model with the weights to export.
        preprocessor: preprocessor of its features.
        folder: folder that a server watches. The version is seconds since 1970, larger than any that is there.
        facts: facts of the run that made the model; None: not known.

    Returns: the folder of the version.

    Raises:
        RunError: the folder cannot be written, or the proof cannot be carried out.
        CheckFailedError: the export differs from the model, or the gate keeps the model back.
    """
    target = Path(folder)
    check_gate(config, facts.metrics if facts else None, target, facts.why_not if facts else "")
    changes_precision = config.export_config.half_precision and not config.train_config.mixed_precision
    served = half_precision_twin(config, model, preprocessor) if changes_precision else model
    module = build_serving_module(config, served, preprocessor)
    signatures = module.signatures()
    evidence = make_golden(config, model, preprocessor, module.schema)
    log.info("the export is held against the model on %s", evidence.source)
    if changes_precision:
        evidence = _with_score_difference(evidence, module)
    try:
        with new_version(target) as aside:
            remove_leftovers(target)
            tf.saved_model.save(module, str(aside), signatures=signatures)
            restore_input_names(aside, module.inputs())
            name = target.resolve().name
            write_assets(aside, name, config, config_text, preprocessor, module.schema, evidence, facts)
            _prove(aside, served)
            log.info("the export scores like the model")
            version = publish(aside)
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow's own files fail with errors of its own, such as for a full disk.
        reason = error.message if isinstance(error, tf.errors.OpError) else error.strerror or error
        raise RunError(f"cannot export to {folder}: {reason}; choose another folder") from error
    remove_old(target, config.export_config.exports_to_keep)
    return version


def _prove(aside: Path, model: RankModel) -> None:
    """Runs the proof, and names operations that a body of one's own brings and ours do not have."""
    strange = list(foreign(aside)) if isinstance(model.body, Custom) else []
    if not strange:
        prove_in_fresh_process(aside)
        return
    prove_in_fresh_process(aside, trust=True)
    names = ", ".join(dict.fromkeys(line.partition(" (")[0] for line in strange))
    text = "the body brings operations that are in no export of apps_rec: %s. A model server runs them; predict and"
    log.warning(f"warning: {text} verify-export ask for --trust", names)


def _with_score_difference(evidence: Golden, module: ServingModule) -> Golden:
    outputs = module.score(to_tensors(evidence.rows, module.schema.columns))
    differences = np.abs(outputs["score"].numpy() - np.array(evidence.outputs["score"]))
    largest, mean = float(np.max(differences)), float(np.mean(differences))
    log.info("half precision moves the score by at most %.2g, on average %.2g, on these rows", largest, mean)
    return replace(evidence, score_difference=[largest, mean])
