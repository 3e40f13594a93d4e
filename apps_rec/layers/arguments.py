"""Checks of constructor arguments, so that a wrong number is refused before a graph exists."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from apps_rec.nearest import did_you_mean, nearest


def positive_int(layer: str, argument: str, value: Any) -> int:
    """Returns `value` as an int of at least 1, or raises ValueError."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < 1:
        raise ValueError(f"{layer}: {argument} must be a whole number of at least 1, got {value!r}.")
    return int(value)


def positive_ints(layer: str, argument: str, values: Any, *, allow_empty: bool = False) -> tuple[int, ...]:
    """Returns `values` as a tuple of ints of at least 1, or raises ValueError."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"{layer}: {argument} must be a list of whole numbers, got {values!r}.")
    checked = tuple(positive_int(layer, f"{argument}[{i}]", value) for i, value in enumerate(values))
    if not checked and not allow_empty:
        raise ValueError(f"{layer}: {argument} must name at least one layer, got an empty list.")
    return checked


def non_negative(layer: str, argument: str, value: Any) -> float:
    """Returns `value` as a finite float of at least 0, or raises ValueError."""
    if not _is_number(value) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{layer}: {argument} must be a number of at least 0, got {value!r}.")
    return float(value)


def rate(layer: str, argument: str, value: Any) -> float:
    """Returns `value` as a float in [0, 1), or raises ValueError."""
    if not _is_number(value) or not 0 <= value < 1:
        raise ValueError(f"{layer}: {argument} must be in [0, 1), the share of inputs to drop; got {value!r}.")
    return float(value)


def rates(layer: str, argument: str, value: Any, count: int) -> tuple[float, ...]:
    """Returns `count` rates: `value` repeated if it is one number, else its items; or raises ValueError."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        return (rate(layer, argument, value),) * count
    checked = tuple(rate(layer, f"{argument}[{i}]", item) for i, item in enumerate(value))
    if len(checked) != count:
        raise ValueError(
            f"{layer}: {argument} must be one number or one for each of the {count} layers, got {len(checked)} numbers."
        )
    return checked


def choice(layer: str, argument: str, value: Any, choices: Sequence[str]) -> str:
    """Returns `value` if it is among `choices`, or raises ValueError that names the nearest one."""
    if value in choices:
        return value
    hint = did_you_mean(nearest(str(value), choices, cutoff=0.5))
    raise ValueError(f"{layer}: {argument} must be one of {', '.join(choices)}; got {value!r}.{hint}")


def static_rank(layer: str, argument: str, tensor: Any, dims: str) -> None:
    """Raises ValueError if `tensor` has not one axis for each name in `dims`, e.g. "batch, length"."""
    rank = tensor.shape.rank
    if rank is not None and rank != len(dims.split(",")):
        raise ValueError(f"{layer}: {argument} must have shape ({dims}), got {tensor.shape}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
