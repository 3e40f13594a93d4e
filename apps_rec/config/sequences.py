"""The sequences of feature groups, and the features that a model reads through groups, sequences and attention."""

from __future__ import annotations

from collections.abc import Iterator

from apps_rec.protos.feature_pb2 import SeqAttGroupConfig
from apps_rec.protos.model_pb2 import FeatureGroup, ModelConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Fields of a seq_att_map whose lists are read item by item.
ITEMS = ("hist_seq", "aux_hist_seq")


def sequences(model: ModelConfig) -> Iterator[tuple[str, FeatureGroup, SeqAttGroupConfig]]:
    """Yields the sequences of all feature groups, each with its config path and its group."""
    for at, group in enumerate(model.feature_groups):
        for place, sequence in enumerate(group.sequence_features):
            yield f"model_config.feature_groups[{at}].sequence_features[{place}]", group, sequence


def named_in(sequence: SeqAttGroupConfig, field: str) -> list[str]:
    """Returns the features that a field of seq_att_map names, over all of them in their order."""
    return [name for one in sequence.seq_att_map for name in getattr(one, field)]


def read_by_sequences(model: ModelConfig) -> set[str]:
    """Returns the features that sequences name, as a key or as items."""
    return {
        name for _, _, sequence in sequences(model) for field in ("key", *ITEMS) for name in named_in(sequence, field)
    }


def listed_in_groups(model: ModelConfig) -> set[str]:
    """Returns the features that feature groups list."""
    return {name for group in model.feature_groups for name in group.feature_names}


def features_read(config: PipelineConfig) -> set[str]:
    """Returns the names of the features that groups list or sequences name, and of the keys that these compare with."""
    read = listed_in_groups(config.model_config) | read_by_sequences(config.model_config)
    keys = {
        feature.sequence_combiner.target_attention.key
        for feature in config.feature_config.features
        if (feature.feature_name or next(iter(feature.input_names), "")) in read
        and feature.sequence_combiner.HasField("target_attention")
    }
    return read | keys
