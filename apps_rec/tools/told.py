"""Reports a lack of memory or of permission in a sentence in place of a traceback."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator

from apps_rec.errors import RunError, UserError

# "OOM when allocating tensor with shape[2000000000,4] and type float on /job:..."
_TENSOR = re.compile(r"shape\[([\d,]*)\] and type (\w+)")
# numpy: "Unable to allocate 29.8 GiB for an array with shape (...)"; pyarrow: "malloc of size 4096 failed".
_SIZE = re.compile(r"(?:Unable to allocate|malloc of size|realloc of size) ([\d.]+ ?\w*)")
_BYTES = {"float": 4, "double": 8, "int64": 8, "int32": 4, "half": 2, "bfloat16": 2, "bool": 1, "int8": 1, "uint8": 1}
_UNREADABLE = ("PermissionDeniedError",)


@contextlib.contextmanager
def told(command: str) -> Iterator[None]:
    """Turns an error inside, from lack of memory or of permission for a file, into a RunError.

    Args:
        command: name of the command, for the message.

    Raises:
        RunError: memory or a permission is missing; the text has the size that was asked for, or the file.
    """
    try:
        yield
    except UserError:
        raise
    except PermissionError as error:
        if error.filename is None:
            raise
        name = error.filename if error.filename2 is None else f"{error.filename} -> {error.filename2}"
        raise RunError(_permission(command, str(name), error.strerror)) from error
    except MemoryError as error:
        raise RunError(_memory(command, str(error))) from error
    except Exception as error:
        # By their names, as TensorFlow, whose error classes these are, is not loaded here.
        kind = type(error).__name__
        text = str(getattr(error, "message", error))
        if kind == "ResourceExhaustedError" or "std::bad_alloc" in text:
            raise RunError(_memory(command, text)) from error
        if kind in _UNREADABLE:
            raise RunError(f"{command}: permission denied: {text.splitlines()[0][:300]}") from error
        raise


def _permission(command: str, name: str, reason: str | None) -> str:
    return (
        f"{command}: {name}: {(reason or 'permission denied').lower()}. Change its permissions or those of its folder, "
        "run as another user, or choose another path"
    )


def _memory(command: str, text: str) -> str:
    return (
        f"{command}: out of memory{_wanted(text)}. Lower data_config.batch_size or eval_batch_size, max_seq_len, "
        "hidden_units, hash_bucket_size or embedding_dim, whichever is large, or take a machine with more memory"
    )


def _wanted(text: str) -> str:
    """Returns the size of memory that was refused, as far as an error tells it."""
    tensor = _TENSOR.search(text)
    if tensor:
        shape = [int(size) for size in tensor[1].split(",") if size]
        size = math.prod(shape) * _BYTES.get(tensor[2], 4)
        return f": {size / 1e9:,.2f} GB were wanted for {' x '.join(f'{size:,}' for size in shape)} numbers at once"
    found = _SIZE.search(text)
    return f": {found[1]}{'' if re.search('[A-Za-z]', found[1]) else ' bytes'} were wanted at once" if found else ""
