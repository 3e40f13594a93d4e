"""The rows that plugins handed to this process. Only `load` puts them here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from apps_rec.plugins.rows import CustomBody, CustomLoss


@dataclass
class _Tables:
    """The rows by module, in the order in which the modules were loaded."""

    bodies: dict[str, dict[str, CustomBody]] = field(default_factory=dict)
    losses: dict[str, dict[str, CustomLoss]] = field(default_factory=dict)


_TABLES = _Tables()


def put(module: str, bodies: Mapping[str, CustomBody], losses: Mapping[str, CustomLoss]) -> None:
    """Takes the rows of a module in place of those that it gave before."""
    _TABLES.bodies[module], _TABLES.losses[module] = dict(bodies), dict(losses)


def loaded() -> tuple[str, ...]:
    """Returns the names of the modules whose rows are here; another process needs them too."""
    return tuple(_TABLES.bodies)


def bodies() -> Mapping[str, CustomBody]:
    """Returns the bodies by name."""
    return MappingProxyType({name: row for rows in _TABLES.bodies.values() for name, row in rows.items()})


def losses() -> Mapping[str, CustomLoss]:
    """Returns the losses by name."""
    return MappingProxyType({name: row for rows in _TABLES.losses.values() for name, row in rows.items()})


def owners(what: str) -> dict[str, str]:
    """Returns the module that gave each name of a table, `BODIES` or `LOSSES`."""
    rows = _TABLES.bodies if what == "BODIES" else _TABLES.losses
    return {name: module for module, names in rows.items() for name in names}
