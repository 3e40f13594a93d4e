"""All cross-checks."""

from apps_rec.config.report import Report
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def check(config: PipelineConfig, report: Report) -> None:
    """Runs every cross-check on a resolved config."""
