"""Checks that the weights of a model fit in memory, before any of them is made."""

from __future__ import annotations

import contextlib
import math
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from apps_rec.errors import RunError


@contextlib.contextmanager
def weights_fit(copies: int = 1, slots: int = 0, left: Callable[[], int | None] | None = None) -> Iterator[None]:
    """Refuses to make weights inside the block that, all together, do not fit in this machine's memory.

    Without it TensorFlow would show a traceback, or the system would end the process without a message. On GPUs, which
    have their own memory, nothing is refused.

    Args:
        copies: number of copies of each weight, one for each replica of this process.
        slots: number of tensors of the same size that an optimizer will keep beside each trained weight.
        left: function that returns the bytes that this process may still take, or None; default: `memory_left`.

    Raises:
        RunError: a weight does not fit; the message has its name, the size needed and the size left.
    """
    room = None if tf.config.list_physical_devices("GPU") else (left or memory_left)()
    wanted = 0
    refusal: RunError | None = None

    def create(next_creator: Callable[..., Any], **arguments: Any) -> Any:
        nonlocal wanted, refusal
        size = _bytes_of(arguments)
        with_slots = size * copies * (1 + (0 if arguments.get("trainable") is False else slots))
        wanted += with_slots
        if room is not None and wanted > room:
            shape = " x ".join(f"{rows:,}" for rows in arguments["shape"])
            beside = f", {in_units(with_slots)} with the optimizer's slots" if with_slots > size else ""
            refusal = RunError(
                f"out of memory: {arguments.get('name') or 'a weight'} of {shape} numbers takes {in_units(size)}"
                f"{beside}; with the weights before it {in_units(wanted)} are wanted, and {in_units(room)} are left "
                "here. Lower hash_bucket_size, num_buckets, embedding_dim or hidden_units, take a machine with more "
                "memory, or cut the tables over several (docs/scaling.md)"
            )
            raise refusal
        return next_creator(**arguments)

    try:
        with tf.variable_creator_scope(create):
            yield
    except RunError:
        # Keras puts the layer, its arguments and their shapes around the message of any error.
        if refusal is None:
            raise
        raise refusal from None


def _bytes_of(arguments: dict[str, Any]) -> int:
    """Returns the bytes of a variable to be made; 0 if its shape comes with its value, which is in memory already."""
    shape, dtype = arguments.get("shape"), arguments.get("dtype")
    if shape is None or dtype is None:
        return 0
    shape = tf.TensorShape(shape)
    arguments["shape"] = shape
    return math.prod(shape.as_list()) * tf.as_dtype(dtype).size if shape.is_fully_defined() else 0


def memory_left() -> int | None:
    """Returns the bytes that this process may still take, by machine, control group and own limit; None: not known.

    Example:
        >>> memory_left() > 2**20
        True
    """
    found = [_available(), _left_of_group(), _left_of_process()]
    known = [number for number in found if number is not None]
    return max(0, min(known)) if known else None


def _available() -> int | None:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _left_of_group() -> int | None:
    folders = (
        ("/sys/fs/cgroup", ("memory.max", "memory.current")),
        (
            "/sys/fs/cgroup/memory",
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ),
    )
    for folder, names in folders:
        limit, used = (_text(f"{folder}/{name}").strip() for name in names)
        if limit.isdecimal() and used.isdecimal():
            return int(limit) - int(used)
    return None


def _left_of_process() -> int | None:
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    pages = _text("/proc/self/statm").split()
    if limit == resource.RLIM_INFINITY or not pages:
        return None
    return limit - int(pages[0]) * resource.getpagesize()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def in_units(size: float) -> str:
    """Writes a number of bytes for people to read.

    Example:
        >>> in_units(32e9), in_units(1.5e6)
        ('32.0 GB', '1.5 MB')
    """
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size / 1e3:.1f} kB"
