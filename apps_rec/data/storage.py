"""Opens data files: plain paths by the operating system; gs://, s3://, hdfs:// and file:// by pyarrow.

TFRecord files are found and counted here, but TensorFlow's own file layer reads them, see `check_tensorflow_reads`.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.fs as arrow_fs

from apps_rec.config.files.uris import input_mistake, split_uri
from apps_rec.data.folders import is_no_data
from apps_rec.errors import ConfigError, DataError

# Bytes of one read from a store, where every read is a round trip.
BUFFER_BYTES = 1 << 20
# Google's client tries again for minutes unless told otherwise; Amazon's gives up after seconds, and Hadoop's has its
# settings in files of its own.
_GOOGLE_RETRY_SECONDS = 60

_MOUNT = "or copy or mount the files and give a path without a scheme"
_ADVICE = {
    "s3": "Check bucket, network and credentials (environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    f"or AWS_PROFILE; AWS_REGION; AWS_ENDPOINT_URL for a store other than Amazon's), {_MOUNT}",
    "gs": "Check bucket, network and credentials (`gcloud auth application-default login`, or the environment variable "
    f"GOOGLE_APPLICATION_CREDENTIALS), {_MOUNT}",
    "hdfs": "Check host, port and the Hadoop client (environment variables JAVA_HOME, HADOOP_HOME and "
    f"CLASSPATH=$(hadoop classpath --glob); ARROW_LIBHDFS_DIR where libhdfs.so is elsewhere), {_MOUNT}",
    "file": "Check that the file is there and may be read",
}


class Found(NamedTuple):
    """A file or folder that a path stands for."""

    path: str
    is_folder: bool


def is_uri(path: str) -> bool:
    """Tells whether a path has a scheme."""
    return split_uri(path) is not None


@lru_cache(maxsize=16)
def file_system(scheme: str, authority: str) -> tuple[arrow_fs.FileSystem, str]:
    """Returns the file system of a bucket or host, and the path in it at which a URI's own path starts."""
    # Only this much of a URI goes through pyarrow, which would decode %20 and refuse [ and spaces: names stay as they
    # are, as TensorFlow takes them.
    root = f"{scheme}://{authority}"
    if scheme == "gs":
        root += f"?retry_limit_seconds={_GOOGLE_RETRY_SECONDS}"
    return arrow_fs.FileSystem.from_uri(root if authority else f"{root}/")


def find(uri: str, field: str) -> list[Found]:
    """Returns the files and folders that a URI, or a glob in one, stands for; an empty list if there are none.

    As in Python's `glob`, `*`, `?` and `[...]` stay within one name, and `**` as a whole name stands for any number of
    folders. Names that begin with a dot are found only if the pattern has the dot.

    Args:
        uri: URI or glob without commas.
        field: name of the URI in a message.

    Raises:
        ConfigError: the scheme is not read.
        DataError: the store does not answer or refuses access.
    """
    mistake = input_mistake(uri)
    if mistake:
        raise ConfigError(f"{field}: {mistake}")
    _, _, key = split_uri(uri) or ("", "", "")
    with _answering(uri, f'{field}: "{uri}"'):
        system, place = _locate(uri)
        info = system.get_file_info(place)
        # A name that exists is that file, even where it holds characters of a glob.
        if info.type != arrow_fs.FileType.NotFound:
            return [Found(uri, info.type == arrow_fs.FileType.Directory)]
        first = re.search(r"[*?\[]", key)
        if first is None:
            return []
        pattern = key[key.rfind("/", 0, first.start()) + 1 :]
        folder = uri[: len(uri) - len(pattern)]
        _, base = _locate(folder)
        selector = arrow_fs.FileSelector(base, allow_not_found=True, recursive="/" in pattern or "**" in pattern)
        inside = [(info.path.removeprefix(base).lstrip("/"), info.type) for info in system.get_file_info(selector)]
    return [
        Found(folder + name, kind == arrow_fs.FileType.Directory)
        for name, kind in inside
        if _matches(name.split("/"), pattern.split("/"))
    ]


def files_below(uri: str, field: str) -> list[str]:
    """Returns the data files below a folder, see `apps_rec.data.folders`.

    Raises:
        DataError: the store does not answer or refuses access.
    """
    folder = uri if uri.endswith("/") else f"{uri}/"
    with _answering(uri, f'{field}: "{uri}"'):
        system, base = _locate(folder)
        infos = system.get_file_info(arrow_fs.FileSelector(base, recursive=True))
    names = (info.path.removeprefix(base).lstrip("/") for info in infos if info.type == arrow_fs.FileType.File)
    return [folder + name for name in names if not any(map(is_no_data, name.split("/")))]


def _matches(names: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tells whether the names of a path, folder by folder, fit those of a glob."""
    if not patterns or not names:
        return not names and all(pattern == "**" for pattern in patterns)
    seen = not names[0].startswith(".") or patterns[0].startswith(".")
    if patterns[0] == "**":
        return _matches(names, patterns[1:]) or (seen and _matches(names[1:], patterns))
    return seen and fnmatchcase(names[0], patterns[0]) and _matches(names[1:], patterns[1:])


def open_stream(path: str) -> pa.NativeFile:
    """Opens a file at its start, and decompresses it if its name says that it is compressed."""
    if not is_uri(path):
        return pa.input_stream(path, compression="detect")
    with _answering(path):
        system, place = _locate(path)
        return system.open_input_stream(place, compression="detect", buffer_size=BUFFER_BYTES)


def open_arrow_file(path: str) -> pa.NativeFile:
    """Opens a file of a store for reading at any place, unbuffered."""
    with _answering(path):
        system, place = _locate(path)
        return system.open_input_file(place)


def open_bytes(path: str) -> BinaryIO:
    """Opens a file for reading and seeking, without decompression."""
    if not is_uri(path):
        return open(path, "rb")
    return io.BufferedReader(open_arrow_file(path), BUFFER_BYTES)


def is_file(path: str) -> bool:
    """Tells whether there is a file of that name."""
    if not is_uri(path):
        return os.path.isfile(path)
    with _answering(path):
        system, place = _locate(path)
        return bool(system.get_file_info(place).is_file)


def is_folder(uri: str) -> bool:
    """Tells whether there is a folder of that name in a store."""
    with _answering(uri):
        system, place = _locate(uri)
        return bool(system.get_file_info(place).type == arrow_fs.FileType.Directory)


def size_and_time(path: str) -> tuple[int, int]:
    """Returns the bytes of a file, and the time of its last change in ns since 1970 (0 if a store does not say).

    Raises:
        OSError: there is no file of a plain path.
        DataError: there is no file in a store, or the store does not answer.
    """
    if not is_uri(path):
        status = os.stat(path)
        return status.st_size, status.st_mtime_ns
    with _answering(path):
        system, place = _locate(path)
        info = system.get_file_info(place)
        if not info.is_file:
            raise FileNotFoundError("there is no such file")
    return info.size, info.mtime_ns or 0


def local_path(path: str) -> str:
    """Returns a path of this machine without its scheme, file://; any other path unchanged."""
    uri = split_uri(path)
    return f"/{uri[2]}" if uri and uri[0] == "file" else path


class FileStates:
    """Notices files that change while they are read again and again, over hours.

    Args:
        paths: paths of files. Those on this machine are looked at now, those in a store when they are first read.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._states: dict[str, tuple[int, int] | None] = {}
        for path in paths:
            if not is_uri(path):
                self._states[path] = self._look(path)

    def note(self, path: str) -> None:
        """Notes the state of a file that is read for the first time."""
        if path not in self._states:
            self._states[path] = self._look(path)

    def check(self, path: str) -> None:
        """Raises DataError if a file has changed."""
        before, now = self._states[path], self._look(path)
        if now == before or before is None or (now is None and is_uri(path)):
            return
        if now is None:
            change = "is gone"
        elif before[0] != now[0]:
            change = f"has changed from {before[0]:,} to {now[0]:,} bytes"
        else:
            change = "was written again"
        raise DataError(
            f"{path}: {change} since reading began, so that rows would be lost or read twice. Write new data to new "
            "files, and read files that stay as they are"
        )

    @staticmethod
    def _look(path: str) -> tuple[int, int] | None:
        """Returns size and time; None if there is no answer, which becomes an error when the file is read."""
        try:
            return size_and_time(path)
        except (OSError, DataError):
            return None


def beside(path: str, name: str) -> str:
    """Returns the path of another file in the same folder."""
    return path[: path.rfind("/") + 1] + name if is_uri(path) else os.path.join(os.path.dirname(path), name)


def reason(path: str, error: BaseException) -> str:
    """Returns the text of an error while reading; for a store, with advice."""
    uri = split_uri(path)
    return f"{_first_line(error)}. {_ADVICE[uri[0]]}" if uri and isinstance(error, OSError) else str(error)


def check_tensorflow_reads(path: str) -> None:
    """Raises DataError if TensorFlow's own file layer does not know the scheme of a path."""
    uri = split_uri(path)
    if uri is None or uri[0] == "file":
        return
    import tensorflow as tf

    if uri[0] not in tf.io.gfile.get_registered_schemes():
        raise DataError(
            f"{path}: TFRecord files (and all files of parameter servers) are read by TensorFlow itself, which reads "
            f"{uri[0]}:// only with the package tensorflow-io, no part of this one. Use CSV or Parquet there, {_MOUNT}"
        )


def _locate(uri: str) -> tuple[arrow_fs.FileSystem, str]:
    scheme, authority, key = split_uri(uri) or ("", "", "")
    system, root = file_system(scheme, authority)
    return system, f"{root.rstrip('/')}/{key.rstrip('/')}".rstrip("/") or root


@contextmanager
def _answering(uri: str, where: str | None = None) -> Iterator[None]:
    """Turns the error of a store into a DataError."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        advice = _ADVICE[uri.partition("://")[0]]
        raise DataError(f"{where or uri}: its store does not give it: {_first_line(error)}. {advice}") from error


def _first_line(error: BaseException) -> str:
    # Without a Hadoop client the error has a hundred lines. The first one has the reason.
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
