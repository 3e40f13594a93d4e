"""How this process keeps freed memory: docs/decisions/0005-freed-memory-stays.md."""

from __future__ import annotations

import ctypes
import os

# glibc's numbers for them, from its malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
# Blocks up to the largest threshold that glibc takes are kept; a thread's heap grows by 64 MiB, all it may hold.
_SETTINGS = {_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 << 20}


def keep_freed_memory() -> bool:
    """Lets the C library keep freed blocks for the next step, and says whether it will.

    glibc gives large blocks back to the system when they are freed, and a training step that takes them anew waits
    until the system has cleared every page: four tenths of its time, measured. Call it before TensorFlow is loaded.
    Blocks above 32 MiB still go back. Nothing is changed under another C library, nor where the environment sets
    glibc's own MALLOC_... variables.
    """
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # musl has none, Windows no handle
        return False
    return all(mallopt(name, value) == 1 for name, value in _SETTINGS.items())


__all__ = ["keep_freed_memory"]
