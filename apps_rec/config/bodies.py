"""The table of bodies: the name of each in words, its fields that are networks, and its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps_rec.config.custom import check_body
from apps_rec.config.rewrite import RANK
from apps_rec.protos.model_pb2 import RankModel

if TYPE_CHECKING:
    from apps_rec.config.checks.context import Context


_MOST_CROSSES = 100


@dataclass(frozen=True)
class Body:
    """A row of the table. Every body's message has `group_name` and `groups`, beside fields of its own.

    Attributes:
        part: name of this part of the model, in words.
        dnns: names of the fields that are networks; `parts.dnn` is the field of each message of a list.
        copies: networks by the fields that say how many copies of them there are, both named like dnns.
        of_each_task: those of these fields that say how many each task has.
        check: function that reports the mistakes of the message at a path.
    """

    part: str
    dnns: tuple[str, ...]
    copies: Mapping[str, str] = field(default_factory=dict)
    of_each_task: tuple[str, ...] = ()
    check: Callable[[Context, Any, str], None] = lambda context, message, path: None


def _shared_bottom(context: Context, message: Any, path: str) -> None:
    if message.normalize_groups and not message.groups:
        text = f"is for the groups of a shared bottom, and there are none; write {path}.groups, or delete it."
        context.report.error(f"{path}.normalize_groups", text)


def _experts(context: Context, message: Any, path: str) -> None:
    if context.report.any_refused(path, "experts"):
        return
    if not message.HasField("expert_dnn"):
        context.report.missing(path, "expert_dnn", "the network of one expert")
    if not message.num_expert:
        got = ", got 0" if message.HasField("num_expert") else ""
        context.report.error(f"{path}.num_expert", f"expected at least 1 expert{got}.")


def _extraction(context: Context, message: Any, path: str) -> None:
    report, networks = context.report, message.extraction_networks
    if not networks:
        report.missing(path, "extraction_networks", "at least one layer of experts and gates")
    paths = [f"{path}.extraction_networks[{at}]" for at in range(len(networks))]
    names = [network.network_name or f"network_{at}" for at, network in enumerate(networks)]
    context.unique(((name, f"{one}.network_name") for name, one in zip(names, paths, strict=True)), "network")
    for one, network in zip(paths, networks, strict=True):
        for name, what in (("task_expert_net", "an expert of one task"), ("share_expert_net", "a shared expert")):
            if not network.HasField(name):
                report.missing(one, name, f"the network of {what}")
        for name in ("expert_num_per_task", "share_num"):
            if not getattr(network, name):
                got = ", got 0" if network.HasField(name) else ""
                report.error(f"{one}.{name}", f"expected at least 1 expert{got}.")
        own, shared = (list(net.hidden_units)[-1:] for net in (network.task_expert_net, network.share_expert_net))
        if own and shared and own != shared:
            text = f"ends in {shared[0]} units and task_expert_net in {own[0]}; expected one width: gates add them up."
            report.error(f"{one}.share_expert_net.hidden_units", text)


def _crosses(context: Context, message: Any, path: str) -> None:
    if not 1 <= message.cross_num <= _MOST_CROSSES:
        text = f"expected 1 to {_MOST_CROSSES} layers, got {message.cross_num}."
        context.report.error(f"{path}.cross_num", text)


def _vectors(context: Context, message: Any, path: str) -> None:
    """Reports an unknown operation, options that are not its own, and vectors of several lengths."""
    report, operation = context.report, message.arch_interaction_op
    if operation not in ("dot", "cat"):
        report.error(f"{path}.arch_interaction_op", f'expected dot or cat, got "{operation}".')
    if operation != "dot":
        for name in ("arch_interaction_itself", "arch_with_dense_feature"):
            if getattr(message, name):
                report.error(f"{path}.{name}", "is of arch_interaction_op: dot; delete one of them.")
        return
    lengths: dict[int, str] = {}
    for group in message.groups or [message]:
        name = group.group_name if group is message else group.input
        if group is not message and group.HasField("dnn"):
            found = [(group.dnn.hidden_units[-1], f'the network over "{name}"')] if group.dnn.hidden_units else []
        else:
            members = context.groups[name][1].feature_names if name in context.groups else []
            features = [context.features[member][1] for member in members if member in context.features]
            found = [(feature.embedding_dim, f'feature "{feature.feature_name}"') for feature in features]
        for length, what in found:
            lengths.setdefault(length, what)
    if len(lengths) > 1:
        (one, first), (two, second) = list(lengths.items())[:2]
        text = f"vectors that are multiplied have one length; {first} has {one}, {second} {two}."
        report.error(path, text)


def _transfer(context: Context, message: Any, path: str) -> None:
    report = context.report
    for name, what in (("task_dnn", "each task"), ("transfer_dnn", "what a task hands on to the next")):
        if not message.HasField(name):
            report.missing(path, name, f"the network of {what}")
    own, handed_on = (list(net.hidden_units)[-1:] for net in (message.task_dnn, message.transfer_dnn))
    if own and handed_on and own != handed_on:
        text = f"ends in {handed_on[0]} units and task_dnn in {own[0]}; expected one width: both are mixed."
        report.error(f"{path}.transfer_dnn.hidden_units", text)
    if len(context.rank.task_towers) < 2:
        report.error(path, "hands on from one task to the next; expected two task_towers or more.")


# By the name of the message in the config; apps_rec/models/build.py has the same names.
BODIES = {
    "shared_bottom": Body("the shared bottom", ("dnn",), check=_shared_bottom),
    "mmoe": Body("the mixture of experts", ("expert_dnn", "gate_dnn"), {"num_expert": "expert_dnn"}, check=_experts),
    "ple": Body(
        "the extraction networks",
        ("extraction_networks.task_expert_net", "extraction_networks.share_expert_net"),
        {
            "extraction_networks.expert_num_per_task": "extraction_networks.task_expert_net",
            "extraction_networks.share_num": "extraction_networks.share_expert_net",
        },
        ("extraction_networks.expert_num_per_task",),
        _extraction,
    ),
    "cross": Body("the cross layers", ("dnn",), check=_crosses),
    "interaction": Body("the interaction", (), check=_vectors),
    "aitm": Body("the information transfer", ("task_dnn", "transfer_dnn"), check=_transfer),
    "custom": Body("the body of one's own", (), check=check_body),
}


def body_of(rank: RankModel) -> tuple[Body, Any, str] | None:
    """Returns the row, the message and the config path of a model's body; None where there is none."""
    kind = rank.body.WhichOneof("body")
    return (BODIES[kind], getattr(rank.body, kind), f"{RANK}.body.{kind}") if kind else None


def places_of(message: Any, path: str, field: str) -> list[tuple[str, Any, str]]:
    """Returns path, message and own name of each place of a field that a row names, such as `parts.dnn`."""
    within, _, name = field.rpartition(".")
    if not within:
        return [(path, message, name)]
    return [(f"{path}.{within}[{at}]", part, name) for at, part in enumerate(getattr(message, within))]
