"""Corrections of a tower's logit behind its training, which outputs show and losses do not see."""

from __future__ import annotations

from typing import Any

from apps_rec.protos.network_pb2 import TaskTower

CORRECTIONS = ("negatives_kept", "logit_scale", "logit_shift", "logit_knots", "logit_values")
# The largest number of logit_knots: a config stays readable.
MOST_KNOTS = 100
_PLAIN = TaskTower()


def corrections_of(tower: TaskTower) -> dict[str, Any]:
    """Returns all corrections of a tower by the names of their fields; a list as a tuple."""
    return {name: _value(tower, name) for name in CORRECTIONS}


def given_corrections(tower: TaskTower) -> dict[str, Any]:
    """Returns those that change the logit, by the names of their fields."""
    return {name: value for name, value in corrections_of(tower).items() if value != _value(_PLAIN, name)}


def correction_as_text(tower: TaskTower) -> str:
    """Writes how a tower's logit is corrected, such as `negatives_kept 0.2`; "": it is not."""
    return " ".join(f"{name} {_as_text(value)}" for name, value in given_corrections(tower).items())


def without_corrections(tower: TaskTower) -> None:
    """Removes all corrections of a tower."""
    for name in CORRECTIONS:
        tower.ClearField(name)  # type: ignore[arg-type]


def _value(tower: TaskTower, name: str) -> float | tuple[float, ...]:
    value = getattr(tower, name)
    return value if isinstance(value, float) else tuple(value)


def _as_text(value: float | tuple[float, ...]) -> str:
    return f"{value:g}" if isinstance(value, float) else ",".join(f"{number:.9g}" for number in value)
