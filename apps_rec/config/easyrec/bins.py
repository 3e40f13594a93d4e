"""Equal bins of a number, by EasyRec's `num_buckets` beside `min_val` and `max_val`: they become cut points."""

from __future__ import annotations

from apps_rec.config.features import is_of_numbers
from apps_rec.config.report import Report
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# A bin has an embedding: more of them are hardly meant, and a config would not hold their cut points.
_MOST = 100_000


def cut_bins(config: PipelineConfig, report: Report) -> None:
    """Writes bins of RawFeatures, and of sequences of numbers, as boundaries, in a rewritten config in place.

    As in EasyRec, n of them make n + 1 ids: the first is that of numbers below min_val, and the last bin has no end.
    """
    for at, feature in enumerate(config.feature_config.features):
        path = f"feature_config.features[{at}]"
        is_number = feature.feature_type == FeatureConfig.RawFeature or is_of_numbers(feature)
        if not is_number or report.is_broken(f"{path}.feature_type"):
            continue
        low, high, bins = feature.min_val, feature.max_val, feature.num_buckets
        if feature.boundaries or not low < high or bins <= 1:
            continue
        if bins > _MOST:
            report.error(f"{path}.num_buckets", f"expected at most {_MOST:,} bins, got {bins:,}.")
            feature.ClearField("num_buckets")
            continue
        feature.boundaries.extend(low + (high - low) * at_bin / bins for at_bin in range(bins))
        written = report.places.as_written(path)
        report.places.origins[f"{path}.boundaries"] = (f"{written}.num_buckets", False)
        for name in ("num_buckets", "min_val", "max_val"):
            feature.ClearField(name)
