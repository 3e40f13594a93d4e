"""Specs made from the feature messages of a config. No other file of this folder reads messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from apps_rec.config.features import gives_ids, is_of_numbers
from apps_rec.config.sequences import features_read, named_in
from apps_rec.config.text.expression import Name, Node, Number, parse_expression
from apps_rec.errors import ConfigError
from apps_rec.features.embeddings.initial import GLOROT_NORMAL, NORMAL, UNIFORM, Initial
from apps_rec.features.specs import (
    AttentionSpec,
    BucketFeature,
    CrossFeature,
    CrossListFeature,
    CutIds,
    Expression,
    ExpressionFeature,
    FeatureSpec,
    HashIds,
    IdFeature,
    IdMapping,
    ListFeature,
    LookupFeature,
    LookupNumberFeature,
    NumberFeature,
    NumberIds,
    NumberListFeature,
    SelfAttentionSpec,
    SequenceSpec,
    VocabularyIds,
)
from apps_rec.protos.dnn_pb2 import DNN
from apps_rec.protos.feature_pb2 import FeatureConfig, SeqAttGroupConfig
from apps_rec.protos.model_pb2 import FeatureGroup
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def build_features(
    config: PipelineConfig, vocabularies: Mapping[str, Sequence[str]] | None = None
) -> list[FeatureSpec]:
    """Returns specs of the features that a feature group, its sequences or attention read, in the config's order.

    Args:
        config: a checked and normalised config.
        vocabularies: words by feature name, in place of those of vocab_file (a run keeps its own copy).

    Raises:
        ConfigError: a vocab_file cannot be used; see `read_vocabulary`.
    """
    read = features_read(config)
    messages = [feature for feature in config.feature_config.features if feature.feature_name in read]
    return [_build_feature(feature, vocabularies or {}) for feature in messages]


def build_initials(config: PipelineConfig) -> dict[str, Initial]:
    """Returns how the embeddings of the features begin that have an initializer, by feature name."""
    found = {}
    for feature in config.feature_config.features:
        if kind := feature.initializer.WhichOneof("initializer_oneof"):
            found[feature.feature_name] = _INITIALS[kind](getattr(feature.initializer, kind))
    return found


_INITIALS: dict[str, Callable[[Any], Initial]] = {
    "truncated_normal_initializer": lambda given: Initial(center=given.mean, spread=given.stddev),
    "random_normal_initializer": lambda given: Initial(NORMAL, given.mean, given.stddev),
    "glorot_normal_initializer": lambda given: Initial(GLOROT_NORMAL),
    "constant_initializer": lambda given: Initial(center=given.consts[0], spread=0.0),
    "uniform_initializer": lambda given: Initial(
        UNIFORM, (given.minval + given.maxval) / 2, (given.maxval - given.minval) / 2
    ),
}


def build_sequences(groups: Iterable[FeatureGroup]) -> list[SequenceSpec]:
    """Returns specs of the sequences of feature groups."""
    return [_build_sequence(sequence) for group in groups for sequence in group.sequence_features]


def _build_sequence(message: SeqAttGroupConfig) -> SequenceSpec:
    dnn = dnn_arguments(message.seq_dnn)
    transform = "linear" if message.transform_dnn else "pad"
    return SequenceSpec(
        message.group_name,
        keys=tuple(named_in(message, "key")),
        lists=tuple(named_in(message, "hist_seq")),
        auxiliary=tuple(named_in(message, "aux_hist_seq")),
        # The last layer is the score, which TargetAttention has anyway.
        **{**dnn, "hidden_units": dnn["hidden_units"][:-1], "dropout": dnn["dropout"][:-1]},
        transform=transform if message.allow_key_transform else None,
        with_key=message.need_key_feature,
    )


def read_vocabulary(feature: FeatureConfig) -> list[str]:
    """Returns the words of a feature's vocab_file whose count is at least min_count, in the file's order.

    Raises:
        ConfigError: the file cannot be read, is not UTF-8, repeats a word, or lacks counts where min_count needs them.
    """
    path = Path(feature.vocab_file)
    where = f'feature "{feature.feature_name}": vocab_file {path}'
    try:
        # "utf-8-sig": a byte order mark, which some editors write, is not part of the first word.
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8 text (byte {error.start}); write it again as UTF-8") from error
    first_line: dict[str, int] = {}
    words = []
    for number, line in enumerate(lines, start=1):
        word, tab, count = line.rstrip("\r").partition("\t")
        if not word:
            continue
        if word in first_line:
            raise ConfigError(f'{where}:{number}: "{word}" stands in line {first_line[word]} already; a word once only')
        first_line[word] = number
        if feature.min_count:
            if not tab or not count.strip().isdecimal():
                raise ConfigError(
                    f'{where}:{number}: min_count needs "word<tab>count" in every line; this one is "{line}"'
                )
            if int(count) < feature.min_count:
                continue
        words.append(word)
    if not words:
        raise ConfigError(f"{where} holds no word" + (" that reaches min_count" if feature.min_count else ""))
    return words


def dnn_arguments(message: DNN) -> dict[str, Any]:
    """Returns the fields of a DNN's message as the arguments of a spec, with one dropout rate a layer or none."""
    rates = tuple(message.dropout_ratio)
    if len(rates) == 1:
        rates *= len(message.hidden_units)
    return {
        "hidden_units": tuple(message.hidden_units),
        "activation": message.activation,
        "use_bn": message.use_bn,
        "dropout": rates,
    }


def _build_feature(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    return _FEATURES[feature.feature_type](feature, vocabularies)


def _id(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    return IdFeature(
        feature.feature_name,
        feature.input_names[0],
        _build_ids(feature, vocabularies),
        feature.embedding_name,
        feature.embedding_dim,
        feature.position,
        feature.precision,
    )


def _cross(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    if any(feature.combo_input_seps):
        return CrossListFeature(
            feature.feature_name,
            tuple(feature.input_names),
            tuple(feature.combo_input_seps),
            feature.combo_join_sep,
            HashIds(feature.hash_bucket_size),
            feature.embedding_name,
            feature.embedding_dim,
            max_length=feature.max_seq_len,
            combiner=feature.combiner,
            is_position=feature.position,
        )
    return CrossFeature(
        feature.feature_name,
        tuple(feature.input_names),
        feature.combo_join_sep,
        HashIds(feature.hash_bucket_size),
        feature.embedding_name,
        feature.embedding_dim,
        feature.position,
    )


def _number(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    name, column, dim = feature.feature_name, feature.input_names[0], feature.embedding_dim
    if feature.boundaries:
        return BucketFeature(name, column, tuple(feature.boundaries), feature.embedding_name, dim, feature.position)
    shift, scale = _normalisation(feature)
    return NumberFeature(
        name,
        column,
        dim=dim,
        size=feature.raw_input_dim,
        separator=feature.separator,
        log1p=feature.normalizer_fn == "log1p",
        shift=shift,
        scale=scale,
        is_position=feature.position,
    )


def _expression(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    tree = _plain(parse_expression(feature.expression, feature.input_names))
    return ExpressionFeature(feature.feature_name, tree, feature.embedding_dim, feature.position)


def _plain(node: Node) -> Expression:
    if isinstance(node, Number):
        return node.value
    return node.column if isinstance(node, Name) else (node.function, *map(_plain, node.arguments))


def _lookup(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    return LookupFeature(
        feature.feature_name,
        key=feature.input_names[0],
        map=feature.input_names[1],
        ids=_build_ids(feature, vocabularies),
        table=feature.embedding_name,
        dim=feature.embedding_dim,
        max_length=feature.lookup_max_sel_elem_num,
        separator=feature.separator,
        kv_separator=feature.kv_separator,
        combiner=feature.combiner,
        is_position=feature.position,
    )


def _lookup_number(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    shift, scale = _normalisation(feature)
    return LookupNumberFeature(
        feature.feature_name,
        key=feature.input_names[0],
        map=feature.input_names[1],
        separator=feature.separator,
        kv_separator=feature.kv_separator,
        combiner=feature.combiner,
        dim=feature.embedding_dim,
        log1p=feature.normalizer_fn == "log1p",
        shift=shift,
        scale=scale,
        is_position=feature.position,
    )


def _list(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> FeatureSpec:
    is_sequence = feature.feature_type == FeatureConfig.SequenceFeature
    if is_of_numbers(feature) and not gives_ids(feature):
        return _numbers(feature)
    return ListFeature(
        feature.feature_name,
        feature.input_names[0],
        _build_ids(feature, vocabularies),
        feature.embedding_name,
        feature.embedding_dim,
        max_length=feature.max_seq_len,
        separator=feature.separator,
        kv_separator=feature.kv_separator or None,
        weight_column=feature.input_names[1] if len(feature.input_names) > 1 else None,
        combiner="mean" if is_sequence else feature.combiner,
        attention=_build_attention(feature),
        is_position=feature.position,
        multi_separator=feature.seq_multi_sep or None,
        step_combiner=feature.combiner if is_sequence else "sum",
    )


def _numbers(feature: FeatureConfig) -> FeatureSpec:
    shift, scale = _normalisation(feature)
    return NumberListFeature(
        feature.feature_name,
        feature.input_names[0],
        max_length=feature.max_seq_len,
        dim=feature.embedding_dim,
        size=feature.raw_input_dim,
        separator=feature.separator,
        multi_separator=feature.seq_multi_sep or None,
        log1p=feature.normalizer_fn == "log1p",
        shift=shift,
        scale=scale,
        attention=_build_attention(feature),
        is_position=feature.position,
    )


# By the type in the config; apps_rec/config/features.py checks them.
_FEATURES = {
    FeatureConfig.IdFeature: _id,
    FeatureConfig.RawFeature: _number,
    FeatureConfig.TagFeature: _list,
    FeatureConfig.ComboFeature: _cross,
    FeatureConfig.SequenceFeature: _list,
    FeatureConfig.LookupFeature: _lookup,
    FeatureConfig.LookupRawFeature: _lookup_number,
    FeatureConfig.ExprFeature: _expression,
}


def _build_ids(feature: FeatureConfig, vocabularies: Mapping[str, Sequence[str]]) -> IdMapping:
    if feature.hash_bucket_size:
        return HashIds(feature.hash_bucket_size)
    if feature.num_buckets:
        return NumberIds(feature.num_buckets)
    if feature.boundaries:
        return CutIds(tuple(feature.boundaries))
    if feature.vocab_list:
        return VocabularyIds(tuple(feature.vocab_list))
    return VocabularyIds(tuple(vocabularies.get(feature.feature_name) or read_vocabulary(feature)))


def _build_attention(feature: FeatureConfig) -> AttentionSpec | SelfAttentionSpec | None:
    if feature.sequence_combiner.HasField("attention"):
        return SelfAttentionSpec()
    if not feature.sequence_combiner.HasField("target_attention"):
        return None
    attention = feature.sequence_combiner.target_attention
    if not attention.HasField("dnn"):
        return AttentionSpec(attention.key)
    return AttentionSpec(attention.key, **dnn_arguments(attention.dnn))


def _normalisation(feature: FeatureConfig) -> tuple[float, float]:
    """Returns shift and scale that do both steps at once: first min_val and max_val, then mean and stddev."""
    shift, scale = 0.0, 1.0
    if feature.HasField("min_val") and feature.HasField("max_val"):
        shift, scale = feature.min_val, feature.max_val - feature.min_val
    if feature.HasField("mean") or feature.HasField("stddev"):
        # ((x - a) / b - mean) / stddev == (x - (a + b * mean)) / (b * stddev)
        shift, scale = shift + scale * feature.mean, scale * feature.stddev
    return shift, scale
