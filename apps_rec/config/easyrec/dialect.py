"""The dialect of a config: EasyRec's, or this package's."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from apps_rec.config.easyrec.table import all_names
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def is_easyrecs(names: Collection[str]) -> bool:
    """Tells whether a config with these names of fields is one of EasyRec's.

    It is where at least one name is EasyRec's alone and none is ours alone. In such a config a scalar may be given
    twice, as EasyRec takes the later one; anywhere else that is a mistake.
    """
    ours, theirs = _our_names(), all_names()
    return any(name in theirs and name not in ours for name in names) and not any(
        name in ours and name not in theirs for name in names
    )


@cache
def _our_names() -> frozenset[str]:
    """Returns the names of all fields of our messages."""
    names: set[str] = set()
    seen: set[str] = set()

    def walk(descriptor: Any) -> None:
        if descriptor.full_name in seen:
            return
        seen.add(descriptor.full_name)
        for field in descriptor.fields:
            names.add(field.name)
            if field.message_type is not None:
                walk(field.message_type)

    walk(PipelineConfig.DESCRIPTOR)
    return frozenset(names)
