"""The table of bodies: the name of each in words, its fields that are networks, and its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps_rec.config.rewrite import RANK
from apps_rec.protos.model_pb2 import RankModel

if TYPE_CHECKING:
    from apps_rec.config.checks.context import Context


@dataclass(frozen=True)
class Body:
    """A row of the table. Every body's message has `group_name` and `groups`, beside fields of its own.

    Attributes:
        part: name of this part of the model, in words.
        dnns: names of the fields that are networks.
        copies: networks by the fields that say how many copies of them there are.
        check: function that reports the mistakes of the message at a path.
    """

    part: str
    dnns: tuple[str, ...]
    copies: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Context, Any, str], None] = lambda context, message, path: None


def _experts(context: Context, message: Any, path: str) -> None:
    if context.report.any_refused(path, "experts"):
        return
    if not message.HasField("expert_dnn"):
        context.report.missing(path, "expert_dnn", "the network of one expert")
    if not message.num_expert:
        got = ", got 0" if message.HasField("num_expert") else ""
        context.report.error(f"{path}.num_expert", f"expected at least 1 expert{got}.")


# By the name of the message in the config; apps_rec/models/build.py has the same names.
BODIES = {
    "shared_bottom": Body("the shared bottom", ("dnn",)),
    "mmoe": Body("the mixture of experts", ("expert_dnn",), {"num_expert": "expert_dnn"}, _experts),
}


def body_of(rank: RankModel) -> tuple[Body, Any, str] | None:
    """Returns the row, the message and the config path of a model's body; None where there is none."""
    kind = rank.body.WhichOneof("body")
    return (BODIES[kind], getattr(rank.body, kind), f"{RANK}.body.{kind}") if kind else None
