"""Checks of the rows of a plugin, before anything is built of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apps_rec.plugins.rows import CustomBody, CustomLoss
from apps_rec.protos import loss_pb2
from apps_rec.protos.loss_pb2 import LossType

_TYPES = (bool, int, float, str)
# What each function of a loss takes, beside the arguments of its own.
_TAKES = {
    "of_logit": ("labels", "logits"),
    "of_log_prob": ("labels", "log_prob", "log_complement"),
    "of_rows": ("labels", "logits", "rows"),
}
_CUSTOM: Any = LossType.DESCRIPTOR.values_by_name["CUSTOM"].GetOptions()
KINDS = tuple(_CUSTOM.Extensions[loss_pb2.kinds])


def mistakes_of_body(row: Any) -> Iterator[str]:
    """Yields what is wrong with a row of BODIES."""
    if not isinstance(row, CustomBody):
        yield f"expected an apps_rec.plugins.CustomBody, got {type(row).__name__}"
        return
    yield from _params(row.params, ("groups", "num_tasks", "l2", "dtype"))
    named = {"groups": (), "num_tasks": 1, "l2": 0.0, "dtype": None}
    yield from _signature("build", row.build, (), {**named, **_each(row.params)})


def mistakes_of_loss(row: Any) -> Iterator[str]:
    """Yields what is wrong with a row of LOSSES."""
    if not isinstance(row, CustomLoss):
        yield f"expected an apps_rec.plugins.CustomLoss, got {type(row).__name__}"
        return
    yield from _params(row.params, ("labels", "logits", "rows", "log_prob", "log_complement"))
    given = {name: getattr(row, name) for name in _TAKES if getattr(row, name) is not None}
    if set(given) not in ({"of_logit"}, {"of_logit", "of_log_prob"}, {"of_rows"}):
        got = " and ".join(given) or "none"
        yield f"expected of_logit, of_logit and of_log_prob, or of_rows; got {got}"
    for name, function in given.items():
        yield from _signature(name, function, _TAKES[name], _each(row.params))
    kinds = row.kinds if isinstance(row.kinds, tuple | list) else (row.kinds,)
    if not kinds or any(kind not in KINDS for kind in kinds) or isinstance(row.kinds, str):
        yield f"kinds: expected some of {', '.join(KINDS)}, in a tuple; got {row.kinds!r}"


def _each(params: Any) -> dict[str, Any]:
    return dict.fromkeys(params) if isinstance(params, Mapping) else {}


def _params(params: Any, taken: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(params, Mapping):
        yield f"params: expected a dict from a name to its default, got {type(params).__name__}"
        return
    for name, default in params.items():
        if not isinstance(name, str) or not name.isidentifier():
            yield f"params: expected the name of an argument, got {name!r}"
        elif name in taken:
            yield f"params: {name} is given by the model; expected another name"
        elif not (default in _TYPES if isinstance(default, type) else _is_value(default)):
            wanted = "a bool, an int, a float, a str, a tuple with items of one of these types, or such a type"
            yield f"params[{name!r}]: expected {wanted}; got {default!r}"


def _is_value(default: Any) -> bool:
    if isinstance(default, tuple):
        return bool(default) and type(default[0]) in _TYPES[1:] and len(set(map(type, default))) == 1
    return type(default) in _TYPES


def _signature(
    what: str, function: Callable[..., Any], before: tuple[str, ...], named: Mapping[str, Any]
) -> Iterator[str]:
    """Yields that a function does not take what the model gives it."""
    if not callable(function):
        yield f"{what}: expected a class or a function, got {type(function).__name__}"
        return
    # Keras' classes have a metaclass that takes anything.
    is_class = isinstance(function, type)
    try:
        signature = inspect.signature(function.__init__ if is_class else function)  # type: ignore[misc]
    except (TypeError, ValueError):  # of what is not written in Python
        return
    try:
        signature.bind(*([None] if is_class else []), *before, **named)
    except TypeError as error:
        name = getattr(function, "__name__", type(function).__name__)
        called = ", ".join([*before, *(f"{one}=..." for one in named)])
        yield f"{what}: it is called as {name}({called}), and {name}{signature} does not take that: {error}"
