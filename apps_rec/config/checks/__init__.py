"""Cross-checks of a rewritten and completed config, by concern.

A setting that cannot work, contradicts another or cannot apply where it stands is an error. A setting that has no
effect only because a switch elsewhere is off is a warning, so that a part can be switched off without deleting its
settings: a metric for early stopping while that is disabled, or a group that no part of the model reads.
"""

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.export import check_export
from apps_rec.config.checks.features import check_features
from apps_rec.config.checks.metrics import check_metrics
from apps_rec.config.checks.model.distillation import check_distillation
from apps_rec.config.checks.model.groups import check_groups
from apps_rec.config.checks.model.losses import check_losses
from apps_rec.config.checks.model.model import check_model
from apps_rec.config.checks.model.position import check_position
from apps_rec.config.checks.model.sequences import check_sequences
from apps_rec.config.checks.model.towers import check_towers
from apps_rec.config.checks.rows.data import check_data
from apps_rec.config.checks.rows.names import check_names
from apps_rec.config.checks.rows.passes import check_passes
from apps_rec.config.checks.rows.sides import check_sides
from apps_rec.config.checks.sizes import check_sizes
from apps_rec.config.checks.tables import check_tables
from apps_rec.config.checks.train import check_train
from apps_rec.config.checks.tuning import check_tuning
from apps_rec.config.report import Report, quoted
from apps_rec.config.rewrite import MODEL_CLASSES
from apps_rec.protos.pipeline_pb2 import PipelineConfig

__all__ = ["check"]


def check(config: PipelineConfig, report: Report, files_here: bool = True) -> None:
    """Reports every mistake of a resolved config, in any order: the report sorts by line.

    Args:
        config: the resolved config.
        report: receiver of the mistakes.
        files_here: whether the files that the config names must exist.
    """
    context = Context.of(config, report, files_here)
    checks = (
        check_data,
        check_names,
        check_passes,
        check_features,
        check_tables,
        check_sizes,
        check_train,
        check_tuning,
    )
    of_model = (
        check_groups,
        check_sequences,
        check_model,
        check_position,
        check_towers,
        check_losses,
        check_distillation,
        check_metrics,
        check_export,
        check_sides,
    )
    for one in (*checks, *(of_model if context.has_model else ())):
        one(context)
    if not context.has_model:
        _no_model(context)


def _no_model(context: Context) -> None:
    """Reports that there is no model, unless a model of an unknown name is reported already."""
    report, path = context.report, "model_config"
    if not context.config.HasField(path):
        report.missing("", path, "the model and its feature groups")
        return
    # Two of EasyRec's classes share a message.
    known = list(dict.fromkeys(MODEL_CLASSES.values()))
    if not (report.any_broken(path, *known) or path in report.places.strange or report.any_refused(path)):
        report.error(path, f"holds no model; expected one of {quoted(known)}.")
