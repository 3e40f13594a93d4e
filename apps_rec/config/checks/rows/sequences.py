"""Checks of a SequenceFeature: its values, what becomes of several in one step, and how it is pooled."""

from __future__ import annotations

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.model.dnn import check_dnn
from apps_rec.config.checks.rows.lookups import check_pooling
from apps_rec.config.checks.rows.numbers import check_boundaries, check_number
from apps_rec.config.features import article, gives_ids, is_of_numbers
from apps_rec.config.report import quoted
from apps_rec.protos.feature_pb2 import FeatureConfig

ID, RAW = FeatureConfig.IdFeature, FeatureConfig.RawFeature
_OF_IDS = ("vocab_list", "vocab_file", "min_count")
_OF_NUMBERS = ("boundaries", "raw_input_dim", "min_val", "max_val", "normalizer_fn", "mean", "stddev")


def check_sequence(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports wrong options of a SequenceFeature."""
    report = context.report
    if feature.sub_feature_type not in (ID, RAW):
        kind = FeatureConfig.FeatureType.Name(feature.sub_feature_type)
        report.error(f"{path}.sub_feature_type", f"expected IdFeature or RawFeature, got {kind}.")
    elif is_of_numbers(feature):
        _numbers(context, path, feature)
    else:
        for name in _OF_NUMBERS:
            if _given(feature, name):
                report.error(f"{path}.{name}", "is of numbers; write sub_feature_type: RawFeature, or delete it.")
    _steps(context, path, feature)
    _combiner(context, path, feature)


def _given(feature: FeatureConfig, name: str) -> bool:
    if name == "raw_input_dim":
        return feature.raw_input_dim > 1
    is_list = feature.DESCRIPTOR.fields_by_name[name].is_repeated
    return bool(getattr(feature, name)) if is_list else feature.HasField(name)


def _numbers(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports wrong options of a sequence of numbers."""
    report = context.report
    for name in _OF_IDS:
        if _given(feature, name):
            report.error(f"{path}.{name}", "is of ids; write sub_feature_type: IdFeature, or delete it.")
    if feature.HasField("num_buckets"):
        text = "numbers fall into buckets between min_val and max_val; expected both, the second above the first."
        report.error(f"{path}.num_buckets", text)
    if feature.boundaries:
        check_boundaries(context, path, feature)
    elif not gives_ids(feature):
        check_number(context, path, feature)
        if (feature.raw_input_dim > 1) != feature.HasField("seq_multi_sep"):
            text = (
                "a step of several numbers has raw_input_dim above 1, how many, and seq_multi_sep, the text between"
                " them; expected both or neither."
            )
            report.error(f"{path}.{'seq_multi_sep' if feature.raw_input_dim <= 1 else 'raw_input_dim'}", text)
    else:
        for name in _OF_NUMBERS:
            if _given(feature, name):
                report.error(f"{path}.{name}", "numbers are hashed by their texts; delete it, or hash_bucket_size.")


def _steps(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports a wrong separator of the values of a step, and a combiner that is none."""
    if not feature.HasField("seq_multi_sep"):
        return
    report = context.report
    if not feature.seq_multi_sep or feature.seq_multi_sep == feature.separator:
        report.error(f"{path}.seq_multi_sep", f'expected a text other than separator "{feature.separator}".')
    if gives_ids(feature):
        check_pooling(context, path, feature)
    elif feature.HasField("combiner") and feature.combiner != "sum":
        text = f'the numbers of a step, each times a vector, are added up; expected sum, got "{feature.combiner}".'
        report.error(f"{path}.combiner", text)


def _combiner(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports how a sequence cannot be pooled."""
    report = context.report
    if feature.HasField("combiner") and not feature.HasField("seq_multi_sep"):
        if feature.HasField("sequence_combiner"):
            report.error(f"{path}.combiner", "sequence_combiner is given too; expected one of them.")
        else:
            text = f'a SequenceFeature is averaged, or weighted by its sequence_combiner; got "{feature.combiner}".'
            report.error(f"{path}.combiner", text)
    if not feature.HasField("sequence_combiner"):
        return
    here = f"{path}.sequence_combiner"
    chosen = feature.sequence_combiner.WhichOneof("combiner")
    if chosen is None:
        if not report.any_broken(here, "mean", "attention", "target_attention") and not report.any_refused(here):
            report.error(here, "is empty; expected mean { }, attention { } or target_attention { }.")
    elif chosen == "target_attention":
        _attention(context, f"{here}.target_attention", feature)


def _attention(context: Context, path: str, feature: FeatureConfig) -> None:
    report, attention = context.report, feature.sequence_combiner.target_attention
    check_dnn(context, attention.dnn, f"{path}.dnn")
    if not attention.key:
        report.missing(path, "key", "the feature that holds the candidate's id")
        return
    if attention.key not in context.features:
        text = f'no feature is called "{attention.key}". Features are {quoted(context.features)}.'
        report.error(f"{path}.key", text, got=attention.key, among=context.features)
        return
    key_path, key = context.features[attention.key]
    if key.feature_type != ID and not report.is_broken(f"{key_path}.feature_type"):
        kind = FeatureConfig.FeatureType.Name(key.feature_type)
        report.error(f"{path}.key", f'expected an IdFeature; "{attention.key}" is {article(kind)}.')
    elif key.position:
        report.error(f"{path}.key", f'"{attention.key}" is marked position; it may only feed the position tower.')
    elif key.embedding_dim != feature.embedding_dim and not report.is_broken(f"{key_path}.embedding_dim"):
        report.error(
            f"{path}.key",
            f'expected a feature of embedding_dim {feature.embedding_dim}, as here; "{attention.key}" has'
            f" {key.embedding_dim} ({report.line(key_path)}).",
        )
