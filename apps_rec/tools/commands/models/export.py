"""Writes a trained model as a SavedModel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from apps_rec.terminal.progress_bar import progress_bar
from apps_rec.tools.commands.common import checked_config, command, require_local
from apps_rec.tools.commands.configs.check import ConfigLike
from apps_rec.tools.quiet import quiet_tensorflow


@command
def export(config: ConfigLike, output: str, overrides: Sequence[str] = ()) -> Path:
    """Writes the trained model of a config as a SavedModel, `<output>/<version>/`, and returns that folder.

    See `apps_rec.serving.saved_model.export.export_model`.

    Args:
        config: path of a config, or a config that is read already.
        output: folder of the versions; made if it is not there.
        overrides: changes to the config, `path=value` each; only for a path.

    Returns:
        The folder of the new version, which `predict` and a model server take.

    Raises:
        ConfigError: the config has a mistake.
        RunError: there is no trained model, or it cannot be read or written; memory is short.
        CheckFailedError: the export differs from the model, or the gate of export_config holds it back.
    """
    require_local(output, "output")
    checked = checked_config(config, overrides)
    from apps_rec.serving.versions import check_place
    from apps_rec.training.run.folder import open_for_reading

    open_for_reading(checked.message.model_dir)
    check_place(Path(output))
    quiet_tensorflow()
    from apps_rec.serving.saved_model.assets import RunFacts
    from apps_rec.serving.saved_model.export import export_model
    from apps_rec.tools.measured import metrics_for
    from apps_rec.training.estimator import load_trained
    from apps_rec.training.run.finished import require_finished

    estimator, folder, step = load_trained(checked)
    exporter_type = checked.message.export_config.exporter_type
    if exporter_type == "final":
        require_finished(folder, step)
    metrics, why_not = metrics_for(folder, checked.message, step)
    facts = RunFacts(step, exporter_type, metrics, why_not)
    with progress_bar("exporting"):
        return export_model(checked.message, checked.to_text(), estimator.model, estimator.preprocessor, output, facts)
