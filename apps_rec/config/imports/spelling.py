"""A config that was read, in this package's own spelling: shorter than the resolved one, and of the same meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from apps_rec.config.imports.written import written
from apps_rec.config.load import Config, parse_text
from apps_rec.errors import ConfigError
from apps_rec.protos.dnn_pb2 import DNN
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import ModelConfig
from apps_rec.protos.network_pb2 import TaskTower
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Fields whose default is another one in EasyRec, or in TorchEasyRec, with that one.
EASYRECS_DEFAULTS = {
    "train_config.log_step_count_steps": "10",
    "data_config.prefetch_size": "32",
    "data_config.shuffle_buffer_size": "32",
    "model_config.embedding_stddev": "1 / sqrt(embedding_dim)",
    "export_config.exports_to_keep": "1",
}
TORCHEASYRECS_DEFAULTS = {
    "train_config.keep_checkpoint_max": "0, all",
    "model_config.embedding_stddev": "no deviation: even between -1 / sqrt(ids) and 1 / sqrt(ids)",
}
_JOIN = "combo_join_sep"


def own_spelling(config: Config, owner: str = "EasyRec") -> tuple[PipelineConfig, dict[str, str]]:
    """Returns a config in this package's spelling, and remarks by path on defaults that its owner has otherwise.

    The model keeps its name, such as mmoe, where the message under it says the same; else it is a rank_model. Read
    again, what is returned has the values of `config.message`, every default counted; that is verified here.

    Args:
        config: the config that was read.
        owner: package of whose dialect it is, EasyRec or TorchEasyRec.
    """
    for message in (_named(config), _trimmed(config.message)):
        if message is not None and _means(message, config):
            remarks = _explicit(message, owner)
            assert _means(message, config)
            return message, remarks
    message = PipelineConfig()
    message.CopyFrom(config.message)
    assert _means(message, config)
    return message, _explicit(message, owner)


def with_defaults(message: Message) -> Any:
    """Returns a copy in which every field with a default holds it, so that configs of equal values are equal messages.

    model_class is left out, which says no more than the message behind it.
    """
    copy: Any = type(message)()
    copy.CopyFrom(message)
    if isinstance(copy, PipelineConfig):
        copy.model_config.ClearField("model_class")
    for part in _parts(copy):
        for field in part.DESCRIPTOR.fields:
            if not (field.is_repeated or field.message_type or field.containing_oneof or part.HasField(field.name)):
                setattr(part, field.name, field.default_value)
    return copy


def _means(message: PipelineConfig, config: Config) -> bool:
    """Tells whether a message reads as the config did."""
    try:
        again = parse_text(written(message), files_here=False)
    except ConfigError:
        # A name of EasyRec's may need what the rewriting has taken away, such as groups of sequences.
        return False
    return bool(with_defaults(again.message) == with_defaults(config.message))


def _parts(message: Message) -> Iterator[Any]:
    """Yields a message and all messages in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                yield from _parts(item)


def _trimmed(resolved: PipelineConfig) -> PipelineConfig:
    """Returns the resolved config without what reading fills in by itself."""
    message = PipelineConfig()
    message.CopyFrom(resolved)
    for feature in message.feature_config.features:
        if feature.embedding_name == feature.feature_name:
            feature.ClearField("embedding_name")
        if feature.input_names and feature.feature_name == feature.input_names[0]:
            feature.ClearField("feature_name")
    model = message.model_config
    model.ClearField("model_class")
    towers = model.rank_model.task_towers
    if all(term.weight == tower.weight for term, tower in zip(model.score, towers, strict=False)):
        model.ClearField("score")
    return message


def _named(config: Config) -> PipelineConfig | None:
    """Returns the trimmed config with its model under the name it was given; None: it was none with a name."""
    message, given = _trimmed(config.message), ModelConfig()
    given.CopyFrom(config.written.model_config)
    kind = given.WhichOneof("model")
    if kind in (None, "rank_model"):
        return None
    model, rank = message.model_config, config.message.model_config.rank_model
    named = getattr(given, kind)
    _modern(named)
    _labels(named, model, rank.task_towers)
    getattr(model, kind).CopyFrom(named)
    getattr(model, kind).SetInParent()
    if din := {tower.input for tower in getattr(named, "din_towers", ())}:
        # Reading makes a feature group of each.
        groups = [group for group in model.feature_groups if group.group_name not in din]
        del model.feature_groups[:]
        model.feature_groups.extend(groups)
        model.seq_att_groups.extend(group for group in given.seq_att_groups if group.group_name in din)
    if len(rank.task_towers) == 1:
        for name in ("loss_type", "num_class"):
            if given.HasField(name):
                setattr(model, name, getattr(given, name))
        model.losses.extend(given.losses)
    return message


def _modern(named: Any) -> None:
    """Rewrites EasyRec's older spellings in a model's message."""
    for part in _parts(named):
        if isinstance(part, DNN) and part.HasField("activation"):
            part.activation = part.activation.removeprefix("tf.nn.")
    if named.DESCRIPTOR.name == "Mmoe" and named.experts:
        named.num_expert = len(named.experts)
        named.expert_dnn.CopyFrom(named.experts[0].dnn)
        named.ClearField("experts")
    if named.DESCRIPTOR.name == "DeepFm" and named.HasField("dense_regularization"):
        named.l2_regularization = named.dense_regularization
        named.ClearField("dense_regularization")


def _labels(named: Any, model: ModelConfig, towers: Any) -> None:
    """Writes out the label of each tower, where the order of label_fields gave it."""
    if named.DESCRIPTOR.name == "Esmm":
        places = [named.ctr_tower, named.cvr_tower]
    elif hasattr(named, "task_towers"):
        places = list(named.task_towers)
    else:
        model.label_name = towers[0].label_name
        return
    for place, tower in zip(places, towers, strict=True):
        assert isinstance(place, TaskTower)
        place.label_name = tower.label_name


def _explicit(message: PipelineConfig, owner: str) -> dict[str, str]:
    """Writes out defaults that the owner has otherwise, and returns a remark on each by its path."""
    remarks = {}
    defaults = EASYRECS_DEFAULTS if owner == "EasyRec" else TORCHEASYRECS_DEFAULTS
    for path, theirs in defaults.items():
        part, _, name = path.partition(".")
        if not message.HasField(part) or getattr(message, part).HasField(name):
            continue
        holder = getattr(message, part)
        setattr(holder, name, getattr(holder, name))
        remarks[path] = f"the default here; {owner}'s is {theirs}"
    for at, feature in enumerate(message.feature_config.features):
        if owner == "EasyRec" and feature.feature_type == FeatureConfig.ComboFeature and not feature.HasField(_JOIN):
            feature.combo_join_sep = feature.combo_join_sep
            remarks[f"feature_config.features[{at}].{_JOIN}"] = "the default here; EasyRec's is empty"
    return remarks
