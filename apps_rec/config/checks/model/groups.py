"""Checks of feature groups: their features, and whether these suit the parts of the model that read them."""

from __future__ import annotations

from collections import Counter

from apps_rec.config.checks.context import BODY, FIRST_ORDER, PAIRWISE, POSITION, Context, Use
from apps_rec.config.features import article, gives_ids
from apps_rec.config.report import quoted
from apps_rec.config.sequences import read_by_sequences
from apps_rec.protos.feature_pb2 import FeatureConfig
from apps_rec.protos.model_pb2 import FeatureGroup

_DEEP = {BODY, PAIRWISE, POSITION}


def check_groups(context: Context) -> None:
    """Reports wrong groups, and features that do not suit the groups they are in."""
    groups = context.config.model_config.feature_groups
    paths = [f"model_config.feature_groups[{at}]" for at in range(len(groups))]
    context.unique(((g.group_name, f"{p}.group_name") for p, g in zip(paths, groups, strict=True)), "group")
    for path, group in zip(paths, groups, strict=True):
        _group(context, path, group)
    _needed(context)
    _embeddings(context)
    _pairwise(context)
    _unused(context)


def _group(context: Context, path: str, group: FeatureGroup) -> None:
    report = context.report
    if not group.group_name:
        report.missing(path, "group_name", "a name that the model can read it by")
    if not group.feature_names and not (group.sequence_features and context.roles(group.group_name) <= {BODY}):
        report.missing(path, "feature_names", "at least one feature")
    context.without_twins(group.feature_names, f"{path}.feature_names")
    for at, name in enumerate(group.feature_names):
        if context.features and name not in context.features and name not in context.meant:
            text = f'no feature is called "{name}". Features are {quoted(filter(None, context.features))}.'
            report.error(f"{path}.feature_names[{at}]", text, got=name, among=context.features)
    if group.HasField("wide_deep"):
        _wide_deep(context, path, group)


def _wide_deep(context: Context, path: str, group: FeatureGroup) -> None:
    roles = context.roles(group.group_name)
    if not roles:
        return
    wide, deep = FIRST_ORDER in roles, bool(roles & _DEEP)
    said = FeatureGroup.WideOrDeep.Name(group.wide_deep)
    parts = quoted(dict.fromkeys(use.part for use in context.uses if use.group == group.group_name))
    if group.wide_deep == FeatureGroup.WIDE and deep:
        text = f"WIDE has first-order weights only, but the group is read by {parts}; expected DEEP or WIDE_AND_DEEP."
    elif not deep and group.wide_deep == FeatureGroup.DEEP:
        text = f"the group is read by {parts} only; expected WIDE, got {said}."
    elif not wide and group.wide_deep == FeatureGroup.WIDE_AND_DEEP:
        text = f"the group is read by {parts} and has no first-order part; expected DEEP, got {said}."
    else:
        return
    context.report.error(f"{path}.wide_deep", text)


def _needed(context: Context) -> None:
    """Reports each group that is read but not defined, once, with all parts that read it."""
    known = [name for name in context.groups if name]
    by_group: dict[str, list[Use]] = {}
    for use in context.uses:
        by_group.setdefault(use.group, []).append(use)
    for name, uses in by_group.items():
        if name in context.groups:
            continue
        parts = " and ".join(dict.fromkeys(use.part for use in uses))
        text = f'the group "{name}", read by {parts}, is not defined. Groups are {quoted(known)}.'
        context.report.error(uses[0].path, text, got=name, among=known)


def _embeddings(context: Context) -> None:
    report = context.report
    keys = _read_by_attention(context)
    for path, feature in context.each_feature():
        roles = context.roles_of_feature(feature.feature_name)
        deep, pairwise = roles & _DEEP or feature.feature_name in keys, PAIRWISE in roles
        if report.is_broken(f"{path}.feature_type"):
            continue
        if not feature.embedding_dim and ((deep and gives_ids(feature)) or pairwise):
            kind = FeatureConfig.FeatureType.Name(feature.feature_type)
            why = (
                "the pairwise part of the FM multiplies embeddings"
                if pairwise
                else f"{article(kind)} feeds its embedding"
            )
            report.error(f"{path}.embedding_dim", f"expected more than 0, got 0: {why}.")
        elif feature.embedding_dim and roles == {FIRST_ORDER} and feature.feature_name not in keys:
            report.warn(f"{path}.embedding_dim", "has no effect: only first-order weights read this feature.")


def _pairwise(context: Context) -> None:
    names = {use.group for use in context.uses if use.role == PAIRWISE}
    for name in names & set(context.groups):
        members = [context.features[f] for f in context.groups[name][1].feature_names if f in context.features]
        members = [m for m in members if not m[1].position]
        members = [m for m in members if not context.report.is_broken(f"{m[0]}.embedding_dim")]
        sizes = Counter(feature.embedding_dim for _, feature in members if feature.embedding_dim)
        if len(sizes) < 2:
            continue
        usual = sizes.most_common(1)[0][0]
        for path, feature in members:
            if feature.embedding_dim and feature.embedding_dim != usual:
                context.report.error(
                    f"{path}.embedding_dim",
                    f'the FM multiplies all embeddings of the group "{name}", so their lengths must be equal:'
                    f" got {feature.embedding_dim}, others have {usual}.",
                )


def _read_by_attention(context: Context) -> set[str]:
    keys = {feature.sequence_combiner.target_attention.key for _, feature in context.each_feature()}
    return (keys | read_by_sequences(context.config.model_config)) - {""}


def _unused(context: Context) -> None:
    listed = {name for _, group in context.groups.values() for name in group.feature_names}
    keys = _read_by_attention(context)
    for path, feature in context.each_feature():
        if feature.feature_name and feature.feature_name not in listed and feature.feature_name not in keys:
            context.report.warn(path, f'the feature "{feature.feature_name}" is in no group, so nothing reads it.')
    for name, (path, _) in context.groups.items():
        if name and not context.roles(name):
            context.report.warn(path, f'no part of the model reads the group "{name}".')
