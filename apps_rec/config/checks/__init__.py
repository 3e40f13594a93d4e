"""Cross-checks of a rewritten and completed config, by concern.

What cannot work, contradicts itself, or could not apply where it stands is an error. What has no effect only because a
switch elsewhere is off (a metric for early stopping while that is disabled, a group no part of the model reads) is a
warning, so that a part can be switched off without deleting its settings.
"""

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.export import check_export
from apps_rec.config.checks.features import check_features
from apps_rec.config.checks.metrics import check_metrics
from apps_rec.config.checks.model.groups import check_groups
from apps_rec.config.checks.model.model import check_model
from apps_rec.config.checks.model.position import check_position
from apps_rec.config.checks.model.towers import check_towers
from apps_rec.config.checks.rows.data import check_data
from apps_rec.config.checks.rows.names import check_names
from apps_rec.config.checks.rows.passes import check_passes
from apps_rec.config.checks.rows.sides import check_sides
from apps_rec.config.checks.sizes import check_sizes
from apps_rec.config.checks.tables import check_tables
from apps_rec.config.checks.train import check_train
from apps_rec.config.report import Report, quoted
from apps_rec.config.rewrite import MODEL_CLASSES
from apps_rec.protos.pipeline_pb2 import PipelineConfig

__all__ = ["check"]


def check(config: PipelineConfig, report: Report, files_here: bool = True) -> None:
    """Reports every mistake of a resolved config; order does not matter, the report sorts by line.

    Args:
        config: to look at.
        report: that gets the mistakes.
        files_here: whether files that it names have to be there.
    """
    context = Context.of(config, report, files_here)
    checks = (check_data, check_names, check_passes, check_features, check_tables, check_sizes, check_train)
    of_model = (check_groups, check_model, check_position, check_towers, check_metrics, check_export, check_sides)
    for one in (*checks, *(of_model if context.has_model else ())):
        one(context)
    if not context.has_model:
        _no_model(context)


def _no_model(context: Context) -> None:
    """Reports that there is no model, unless one of an unknown name is reported already."""
    report, path = context.report, "model_config"
    if not context.config.HasField(path):
        report.missing("", path, "the model and its feature groups")
        return
    known = list(MODEL_CLASSES.values())
    if not report.any_broken(path, *known) and path not in report.places.strange:
        report.error(path, f"holds no model; expected one of {quoted(known)}.")
