"""Checks of sequences: their features, whether key and items fit, the network, and whether a body reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps_rec.config.bodies import body_of
from apps_rec.config.checks.context import BODY, Context
from apps_rec.config.checks.model.dnn import check_dnn
from apps_rec.config.features import article, gives_ids
from apps_rec.config.report import quoted
from apps_rec.config.sequences import named_in, sequences
from apps_rec.protos.feature_pb2 import FeatureConfig, SeqAttGroupConfig
from apps_rec.protos.model_pb2 import FeatureGroup

SEQUENCE = FeatureConfig.SequenceFeature


def check_sequences(context: Context) -> None:
    """Reports wrong sequences of feature groups."""
    found = list(sequences(context.config.model_config))
    context.unique(((one.group_name, f"{path}.group_name") for path, _, one in found), "sequence")
    for path, group, sequence in found:
        _sequence(context, path, group, sequence)


def _sequence(context: Context, path: str, group: FeatureGroup, sequence: SeqAttGroupConfig) -> None:
    report = context.report
    if not sequence.group_name:
        report.missing(path, "group_name", "a name of its own in the model")
    if not sequence.seq_att_map:
        report.missing(path, "seq_att_map", "the key, and the sequences that are compared with it")
    for field, what in (("key", "the candidate's feature"), ("hist_seq", "a SequenceFeature")):
        if sequence.seq_att_map and not named_in(sequence, field):
            report.missing(f"{path}.seq_att_map[0]", field, what)
    for here, field, name in _named(path, sequence):
        _feature(context, here, field, name, group, sequence)
    _lengths(context, path, sequence)
    check_dnn(context, sequence.seq_dnn, f"{path}.seq_dnn")
    last = list(sequence.seq_dnn.hidden_units)[-1:]
    if last and last != [1]:
        text = f"the last layer is the score of an item; expected 1 unit, got {last[0]}."
        report.error(f"{path}.seq_dnn.hidden_units[{len(sequence.seq_dnn.hidden_units) - 1}]", text)
    if sequence.transform_dnn and not sequence.allow_key_transform:
        report.warn(f"{path}.transform_dnn", "has no effect without allow_key_transform: true.")
    _readers(context, path, group)


def _named(path: str, sequence: SeqAttGroupConfig) -> Iterator[tuple[str, str, str]]:
    """Yields the path, the field and the name of each feature that a sequence names."""
    for at, one in enumerate(sequence.seq_att_map):
        for field in ("key", "hist_seq", "aux_hist_seq"):
            for place, name in enumerate(getattr(one, field)):
                yield f"{path}.seq_att_map[{at}].{field}[{place}]", field, name


def _feature(
    context: Context, path: str, field: str, name: str, group: FeatureGroup, sequence: SeqAttGroupConfig
) -> None:
    report = context.report
    if name not in context.features:
        if context.features and name not in context.meant:
            text = f'no feature is called "{name}". Features are {quoted(filter(None, context.features))}.'
            report.error(path, text, got=name, among=context.features)
        return
    its_path, feature = context.features[name]
    if report.is_broken(f"{its_path}.feature_type"):
        return
    kind = FeatureConfig.FeatureType.Name(feature.feature_type)
    if feature.position:
        report.error(path, f'"{name}" is marked position; it may only feed the position tower.')
    elif (feature.feature_type == SEQUENCE) != (field != "key"):
        wanted = "a feature of one value" if field == "key" else "a SequenceFeature"
        report.error(path, f'expected {wanted}; "{name}" is {article(kind)} ({report.line(its_path)}).')
    elif field == "key" and name not in group.feature_names and not sequence.allow_key_search:
        text = f'"{name}" is not in the group "{group.group_name}"; expected it there, or allow_key_search: true.'
        report.error(path, text)


def _lengths(context: Context, path: str, sequence: SeqAttGroupConfig) -> None:
    """Reports a key and items of unequal length, which only a transform makes comparable."""
    key, items = (_length(context, named_in(sequence, field)) for field in ("key", "hist_seq"))
    if key and items and key != items and not sequence.allow_key_transform:
        text = (
            f"the key has {key} numbers (embedding_dim, added up) and an item {items}; expected as many, or"
            " allow_key_transform: true."
        )
        context.report.error(path, text)


def _length(context: Context, names: Sequence[str]) -> int:
    """Returns the number of numbers of joined features; 0 where one of them is wrong."""
    lengths = []
    for name in names:
        path, feature = context.features.get(name, ("", None))
        if feature is None or feature.position or context.report.any_broken(path, "feature_type", "embedding_dim"):
            return 0
        length = feature.embedding_dim or (0 if gives_ids(feature) else feature.raw_input_dim)
        if not length:
            return 0
        lengths.append(length)
    return sum(lengths)


def _readers(context: Context, path: str, group: FeatureGroup) -> None:
    """Reports a sequence that the parts that read its group cannot read."""
    roles = context.roles(group.group_name)
    if roles and BODY not in roles:
        parts = quoted(dict.fromkeys(use.part for use in context.uses if use.group == group.group_name))
        context.report.error(path, f"a body reads sequences, but the group is read by {parts} only.")
    kind = context.rank.body.WhichOneof("body")
    found = body_of(context.rank)
    if kind != "interaction" or not found or context.rank.body.interaction.arch_interaction_op != "dot":
        return
    with_dnn = {tower.input for tower in found[1].groups if tower.HasField("dnn")}
    if BODY in roles and group.group_name not in with_dnn:
        text = "the interaction multiplies vectors of one length, which a sequence is not; give the group a dnn."
        context.report.error(path, text)
