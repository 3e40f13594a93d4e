"""Paths with a scheme, such as s3://bucket/day/*.parquet: which there are, and where they may stand."""

from __future__ import annotations

import re

SCHEMES = ("gs", "s3", "hdfs", "file")
_WITH_BUCKET = ("gs", "s3")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)/?(.*)", re.DOTALL)


def split_uri(path: str) -> tuple[str, str, str] | None:
    """Scheme, authority (a bucket, a host) and the path below it; None for a path without a scheme.

    Example:
        >>> split_uri("s3://logs/day=1/a.csv")
        ('s3', 'logs', 'day=1/a.csv')
        >>> split_uri("data/a.csv") is None
        True
    """
    found = _URI.fullmatch(path)
    return (found[1], found[2], found[3]) if found else None


def input_mistake(path: str) -> str | None:
    """What is wrong with a path of data to read, None where nothing is that can be seen without a look at the files."""
    uri = split_uri(path)
    if uri is None:
        return None
    scheme, authority, _ = uri
    if scheme not in SCHEMES:
        known = f"{', '.join(f'{name}://' for name in SCHEMES[:-1])} or {SCHEMES[-1]}://"
        return f'expected a path without a scheme or with {known}, got "{scheme}://".'
    if ":" in authority.rpartition("@")[0]:
        return f"holds a password ({scheme}://...:...@); expected credentials in the environment, never in a path."
    if scheme in _WITH_BUCKET and not authority:
        return f'expected a bucket, as in {scheme}://bucket/day/*.parquet, got "{path}".'
    if scheme == "file" and authority:
        return f'expected three slashes and a whole path, as in file:///data/a.csv, got "{path}".'
    return None


def local_mistake(path: str) -> str | None:
    """What is wrong with a path that must be of this machine; None for one without a scheme."""
    uri = split_uri(path)
    if uri is None:
        return None
    return f"expected a path without a scheme, of a local or mounted folder, got a URI of {uri[0]}://; mount the store."
