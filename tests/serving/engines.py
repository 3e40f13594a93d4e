"""Exports that stay loaded: each load, and the first call of each signature, optimizes a graph."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path

from apps_rec.serving.engine import Engine


def kept_engine(folder: Path, threads: int = 0, trust: bool = False) -> Engine:
    """The engine of an export, with signatures that are made ready once; the same one for the same arguments."""
    return _load(folder.resolve(), threads, trust)


def lent_engine(folder: Path, threads: int = 0, trust: bool = False) -> contextlib.nullcontext[Engine]:
    """What stands for an Engine in a `with` that would close it."""
    return contextlib.nullcontext(kept_engine(folder, threads, trust))


# Each takes some 70 MiB, so those of files that are over go.
@functools.lru_cache(maxsize=2)
def _load(folder: Path, threads: int, trust: bool) -> Engine:
    engine = Engine(folder, threads, trust)
    make = functools.cache(lambda signature, inputs: Engine.function(engine, signature, inputs))
    # In one order, whoever asks: another one would be another function.
    engine.function = lambda signature, inputs: make(signature, tuple(sorted(inputs)))
    return engine
