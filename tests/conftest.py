"""What every test may use. TensorFlow is imported by the tests that need it: the tests of config run without it."""

import contextlib
import ctypes
import fcntl
import functools
import gc
import io
import logging
import os
import resource
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

from apps_rec.plugins import tables as plugin_tables
from tests.tiny import SMALL_MODEL, TinyRun


def split_cpu() -> None:
    """Make two logical CPU devices, while TensorFlow still allows it: before its first op."""
    import tensorflow as tf

    if len(tf.config.get_logical_device_configuration(tf.config.list_physical_devices("CPU")[0]) or []) < 2:
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    # The first op of any test fixes the devices, so they are set up once the test modules have been imported.
    if "tensorflow" in sys.modules:
        split_cpu()
    # What the modules made stays. A traced graph is many objects, most of which live on: a look at all of them every
    # 700, Python's default, takes a sixth of the time.
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def two_replicas():
    """Return a MirroredStrategy over two logical CPU devices."""
    import apps_rec.legacy_keras  # noqa: F401  # Keras 2 is settled before TensorFlow builds tf.keras.

    split_cpu()
    from apps_rec.protos import train_pb2
    from apps_rec.training.distribute.strategies import build_strategy

    # The one that a config's training takes: a process cannot have two over the same devices.
    return build_strategy(train_pb2.TrainConfig(train_distribute=train_pb2.MirroredStrategy))


# Files whose tests take longest, the longest first: a worker that began one of them last would leave the others idle.
# Most tests of the first two are slow.
LONGEST = (
    "samples/appstore_test.py",
    "easyrec/fields_test.py",
    "serving/saved_model/export_test.py",
    "serving/parity/verify_test.py",
    "training/warm_start/warm_start_test.py",
    "models/combinations_test.py",
    "models/rank_model_test.py",
    "training/estimator_test.py",
    "serving/computed_features_test.py",
    "faults/kill_test.py",
    "serving/names_test.py",
    "mutants/mutants_test.py",
    "models/rank_test.py",
    "serving/signatures_test.py",
    "simulation/store_test.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the longest files to the front; each file's tests stay in their order."""
    folder = Path(__file__).parent
    places = {folder / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


# What a process may have more than after the last time that its memory was freed.
MORE_MEMORY = 200 << 20


def resident() -> int:
    """Bytes of memory that this process has; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        return 0


@pytest.fixture(scope="session")
def free_memory():
    """Return what frees the memory of tests that are over: graphs stand in circles that are not found for long.

    And apps_rec has the C library keep what is freed (docs/decisions/0005-freed-memory-stays.md).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", lambda pad: 0)
    freed_at = [resident()]

    def free(at_least: int = 0) -> None:
        if resident() - freed_at[0] >= at_least:
            gc.collect()
            trim(0)
            freed_at[0] = resident()

    return free


@pytest.fixture(autouse=True, scope="module")
def nothing_left(free_memory):
    """Free what the tests of the file before left: at its end, pytest still holds the values of its fixtures."""
    free_memory()


@pytest.fixture(autouse=True)
def nothing_piles_up(free_memory):
    """Free what the tests so far left, if it is much."""
    yield
    free_memory(at_least=MORE_MEMORY)


@pytest.fixture(autouse=True)
def log_as_it_was():
    """Undo what the command line does to the log: the tests behind it read the root logger's."""
    logger = logging.getLogger("apps_rec")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logger.propagate = propagate


@pytest.fixture
def own_plugins(monkeypatch):
    """Let a test load plugins: those of others are out of sight, and what it loads or imports goes again."""
    monkeypatch.setattr(plugin_tables, "_TABLES", plugin_tables._Tables())
    monkeypatch.setattr(sys, "path", sys.path[:])
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        if name.partition(".")[0].startswith("my_"):
            del sys.modules[name]


@pytest.fixture
def seen(caplog, monkeypatch):
    """Return the log, which the command line keeps from the root logger."""
    logger = logging.getLogger("apps_rec")
    monkeypatch.setattr(logger, "propagate", False)
    logger.addHandler(caplog.handler)
    caplog.set_level(logging.INFO, logger="apps_rec")
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.fixture(scope="session")
def tiny_run():
    """Return the class TinyRun, for fixtures that need a folder of their own."""
    return TinyRun


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """Return a TinyRun in the working directory."""
    monkeypatch.chdir(tmp_path)
    return TinyRun(tmp_path)


@pytest.fixture(scope="session")
def small_run():
    """Return what makes a TinyRun of a folder with the small model: for tests to which no kind of feature matters."""
    return functools.partial(TinyRun, model=SMALL_MODEL)


@pytest.fixture
def small(tmp_path, monkeypatch, small_run):
    """Return a TinyRun with the small model in the working directory."""
    monkeypatch.chdir(tmp_path)
    return small_run(tmp_path)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Return what fills a folder once for all processes of a run of tests: the first that asks does, others wait.

    A module that reads from it does so in a copy of its own.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name: str, fill) -> Path:
        folder, whole = shared / f"made-{name}", shared / f"made-{name}.whole"
        with (shared / f"made-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                with pytest.MonkeyPatch.context() as patch:
                    patch.chdir(folder)
                    fill(folder)
                whole.touch()
        copy = tmp_path_factory.mktemp(name)
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        return copy

    return make


def train_tiny(make_run, folder: Path) -> None:
    """Train a TinyRun in the folder."""
    import apps_rec

    apps_rec.train(make_run(folder).load())


@pytest.fixture(scope="module")
def trained_small(small_run, made_once):
    """Return a TinyRun with the small model, trained, in the working directory while the tests of a module run."""
    with pytest.MonkeyPatch.context() as patch:
        folder = made_once("trained_small", functools.partial(train_tiny, small_run))
        patch.chdir(folder)
        yield TinyRun.of(folder)


@pytest.fixture(scope="module")
def trained(tiny_run, made_once):
    """Return a TinyRun that is trained, in the working directory while the tests of a module run."""
    with pytest.MonkeyPatch.context() as patch:
        folder = made_once("trained", functools.partial(train_tiny, tiny_run))
        patch.chdir(folder)
        yield TinyRun.of(folder)


@pytest.fixture
def unproven(monkeypatch):
    """Leave out the proof of exports, some seconds each: for tests of something else."""
    from apps_rec.serving.saved_model import export

    monkeypatch.setattr(export, "prove_in_fresh_process", lambda folder: None)


@pytest.fixture
def proven_here(monkeypatch):
    """Prove exports in this process, which spares a start of TensorFlow: for tests of what the proof says."""
    from apps_rec.cli.main import main
    from apps_rec.serving.parity import verify

    def run(command, **options):
        assert command[1:3] == ["-m", "apps_rec"]
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(command[3:])
        return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())

    monkeypatch.setattr(verify, "subprocess", types.SimpleNamespace(run=run))
