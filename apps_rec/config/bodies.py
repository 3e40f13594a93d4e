"""The bodies: what each is called in words, which of its fields are networks, and what it must be given."""

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
    """A row of the table. A body's message has `group_name` and `groups`, as all have, and fields of its own.

    Attributes:
        part: of the model, in words.
        dnns: fields that are networks.
        copies: fields that say how many times there is one of those networks, each with its network.
        check: reports what the message at a path lacks.
    """

    part: str
    dnns: tuple[str, ...]
    copies: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Context, Any, str], None] = lambda context, message, path: None


def _experts(context: Context, message: Any, path: str) -> None:
    if not message.HasField("expert_dnn"):
        context.report.missing(path, "expert_dnn", "the network of one expert")
    if not message.num_expert:
        got = ", got 0" if message.HasField("num_expert") else ""
        context.report.error(f"{path}.num_expert", f"expected at least 1 expert{got}.")


# By the name of the message in the config; apps_rec/models/build.py builds them, by the same names.
BODIES = {
    "shared_bottom": Body("the shared bottom", ("dnn",)),
    "mmoe": Body("the mixture of experts", ("expert_dnn",), {"num_expert": "expert_dnn"}, _experts),
}


def body_of(rank: RankModel) -> tuple[Body, Any, str] | None:
    """Returns the row, the message and the config path of a model's body; None where there is none."""
    kind = rank.body.WhichOneof("body")
    return (BODIES[kind], getattr(rank.body, kind), f"{RANK}.body.{kind}") if kind else None
