"""Paths of a config: those with a scheme, such as s3://bucket/day/*.parquet, and those that no system takes."""

from __future__ import annotations

import os
import re

from apps_rec.errors import without_credentials

SCHEMES = ("gs", "s3", "hdfs", "file")
_WITH_BUCKET = ("gs", "s3")
# Limits of Linux and of what it mounts, in bytes: of one name, and of a whole path without the NUL at its end.
_LONGEST_NAME, _LONGEST_PATH = 255, 4095
# Characters that TensorFlow's readers of checkpoints take for wildcards, anywhere in a path.
WILDCARDS = "*?[\\"
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)/?(.*)", re.DOTALL)


def split_uri(path: str) -> tuple[str, str, str] | None:
    """Splits a URI into scheme, authority (a bucket, a host) and path; None for a path without a scheme.

    Example:
        >>> split_uri("s3://logs/day=1/a.csv")
        ('s3', 'logs', 'day=1/a.csv')
        >>> split_uri("data/a.csv") is None
        True
    """
    found = _URI.fullmatch(path)
    return (found[1], found[2], found[3]) if found else None


def split_paths(text: str) -> list[str]:
    r"""Splits paths separated by commas, and strips blanks around them; a comma of a path itself is written `\,`.

    Example:
        >>> split_paths("a.csv, b.csv")
        ['a.csv', 'b.csv']
        >>> split_paths(r"day\,1.csv,b.csv")
        ['day,1.csv', 'b.csv']
    """
    return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", text)]


def input_mistake(path: str) -> str | None:
    """Returns the mistake in a path of data to read, None where there is none; does not look at the files."""
    uri = split_uri(path)
    if uri is None:
        return name_mistake(path)
    scheme, authority, _ = uri
    if scheme not in SCHEMES:
        known = f"{', '.join(f'{name}://' for name in SCHEMES[:-1])} or {SCHEMES[-1]}://"
        return f'expected a path without a scheme or with {known}, got "{scheme}://".'
    if without_credentials(path) != path:
        return f"holds credentials ({without_credentials(path)}); expected them in the environment, never in a path."
    if scheme in _WITH_BUCKET and not authority:
        return f'expected a bucket, as in {scheme}://bucket/day/*.parquet, got "{path}".'
    if scheme == "file" and authority:
        return f'expected three slashes and a whole path, as in file:///data/a.csv, got "{path}".'
    return name_mistake(path)


def local_mistake(path: str) -> str | None:
    """Returns the mistake in a path that must be of this machine; None where there is none."""
    uri = split_uri(path)
    if uri is None:
        return name_mistake(path)
    return f"expected a path without a scheme, of a local or mounted folder, got a URI of {uri[0]}://; mount the store."


def name_mistake(path: str) -> str | None:
    """Returns the reason why no file system takes a path: a NUL, or a name or a path that is too long; else None."""
    if "\0" in path:
        return "expected a path, got one with the character NUL in it."
    longest = max((os.fsencode(name) for name in path.split("/")), key=len)
    if len(longest) > _LONGEST_NAME:
        shown = f"{longest[:20].decode(errors='replace')}..."
        return f'expected names of at most {_LONGEST_NAME} bytes, got one of {len(longest):,}, "{shown}".'
    if len(os.fsencode(path)) > _LONGEST_PATH:
        return f"expected a path of at most {_LONGEST_PATH:,} bytes, got {len(os.fsencode(path)):,}."
    return None
