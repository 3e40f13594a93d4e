import hashlib
import json
import random

import pytest

from apps_rec.training.run.checksums import find_damage, manifest_of, write_manifest


@pytest.fixture
def prefix(tmp_path):
    """Return a prefix with an index and two shards of data."""
    prefix = tmp_path / "model.ckpt-7"
    for name, data in (("index", b"index"), ("data-00000-of-00002", b"a" * 300), ("data-00001-of-00002", b"")):
        prefix.with_name(f"{prefix.name}.{name}").write_bytes(data)
    # Of another checkpoint whose name begins alike.
    prefix.with_name("model.ckpt-70.index").write_bytes(b"other")
    write_manifest(prefix)
    return prefix


def test_sizes_and_sums_are_those_of_the_files(prefix):
    assert manifest_of(prefix).name == "model.ckpt-7.sha256.json"
    assert json.loads(manifest_of(prefix).read_text()) == {
        "files": {
            "model.ckpt-7.index": [5, hashlib.sha256(b"index").hexdigest()],
            "model.ckpt-7.data-00000-of-00002": [300, hashlib.sha256(b"a" * 300).hexdigest()],
            "model.ckpt-7.data-00001-of-00002": [0, hashlib.sha256(b"").hexdigest()],
        }
    }
    assert find_damage(prefix) is None


def test_a_large_file_is_summed_whole(prefix):
    data = random.Random(1).randbytes(1_000_003)
    prefix.with_name("model.ckpt-7.data-00001-of-00002").write_bytes(data)
    write_manifest(prefix)
    written = json.loads(manifest_of(prefix).read_text())["files"]["model.ckpt-7.data-00001-of-00002"]
    assert written == [1_000_003, hashlib.sha256(data).hexdigest()]
    assert find_damage(prefix) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p.with_name("model.ckpt-7.index").unlink(), "model.ckpt-7.index is missing"),
        (
            lambda p: p.with_name("model.ckpt-7.data-00000-of-00001").write_bytes(b""),
            "model.ckpt-7.data-00000-of-00001 is not one of its files",
        ),
        (lambda p: p.with_name("model.ckpt-7.index").write_bytes(b"inde"), "has 4 bytes where 5 were written"),
        (lambda p: p.with_name("model.ckpt-7.index").write_bytes(b"indey"), "model.ckpt-7.index holds other bytes"),
        (lambda p: manifest_of(p).write_text("{"), "model.ckpt-7.sha256.json cannot be read"),
        (lambda p: manifest_of(p).write_text("[]"), "model.ckpt-7.sha256.json cannot be read"),
        (
            lambda p: manifest_of(p).write_text(manifest_of(p).read_text() + " "),
            "model.ckpt-7.sha256.json is not as it was written",
        ),
    ],
)
def test_what_is_wrong_is_named(prefix, change, expected):
    change(prefix)
    assert expected in find_damage(prefix)
