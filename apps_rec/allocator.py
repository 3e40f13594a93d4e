"""The allocator of this process, which keeps freed memory: docs/decisions/0005-freed-memory-stays.md."""

from __future__ import annotations

import ctypes
import os

# Numbers of the options in glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
# Blocks up to the largest threshold that glibc takes are kept. A thread's heap grows by 64 MiB, its largest size.
_SETTINGS = {_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 << 20}


def keep_freed_memory() -> bool:
    """Lets the C library keep freed blocks for the next step; tells whether it will.

    glibc gives large freed blocks back to the system. A training step that takes them again waits until the system
    has cleared every page: measured, four tenths of its time. Call this before TensorFlow is loaded. Blocks above
    32 MiB still go back. Nothing changes under another C library, or where the environment sets glibc's own
    MALLOC_... variables.
    """
    if any(name.startswith("MALLOC_") for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # musl has none, Windows no handle
        return False
    return all(mallopt(name, value) == 1 for name, value in _SETTINGS.items())


__all__ = ["keep_freed_memory"]
