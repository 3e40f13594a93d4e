import ctypes
import os
import platform

import pytest

from apps_rec.allocator import keep_freed_memory


@pytest.fixture(autouse=True)
def no_malloc_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("MALLOC_")]:
        monkeypatch.delenv(name)


class Library:
    """A C library that notes how it is set."""

    def __init__(self, answer):
        self.settings, self.answer = {}, answer

    def mallopt(self, name, value):
        self.settings[name] = value
        return self.answer


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc: it has no such settings")
def test_glibc_takes_the_settings():
    assert keep_freed_memory()


def test_what_is_set(monkeypatch):
    library = Library(answer=1)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    assert keep_freed_memory()
    # malloc.h: M_TRIM_THRESHOLD -1, M_TOP_PAD -2, M_MMAP_THRESHOLD -3; glibc takes no larger threshold than 32 MiB.
    assert library.settings == {-1: 2147483647, -2: 67108864, -3: 33554432}


def test_what_the_environment_sets_stays(monkeypatch):
    library = Library(answer=1)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "131072")
    assert not keep_freed_memory()
    assert library.settings == {}


def test_a_refusal_and_another_c_library(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library(answer=0))
    assert not keep_freed_memory()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not keep_freed_memory()
