"""Random names of columns, features, tables, groups and towers: they work from training to a C++ server, or `check`
refuses them. The same model with plain names says what the scores are.
"""

import keyword
import random
from itertools import islice
from unicodedata import category

import numpy as np
import pyarrow.parquet
import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.serving.export_folder import open_export
from apps_rec.serving.parity.golden import Golden
from apps_rec.serving.saved_model import export
from apps_rec.serving.schema import SIGNATURES, build_serving_schema
from tests.serving.cpp import score
from tests.serving.named import KINDS, write_run
from tests.serving.strange_names import draw_names

# Each seed is a training of 3 steps with 10 names of columns, 2 of towers and one of a group.
SEEDS = range(20)
COLUMNS = 10
PLAIN = [f"n{at}" for at in range(COLUMNS)]
PLAIN_TOWERS = ("ctr", "cvr")
# Alike but for case, for a letter that files do not take, or as Unicode counts letters.
TWINS = ["A", "a", "a.b", "a_b", "a b", "\ufb01", "fi", "\u00e9", "e\u0301", "a/b"]
# What may stand in a message beside what prints: see `apps_rec.errors.shown`.
HARMLESS = "\t\u200c\u200d"


class Run:
    """A model that is trained, measured and exported, with the rows and the outputs of its proof."""

    def __init__(self, folder, config, towers):
        self.folder, self.config, self.towers = folder, config, towers
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            # The tests hold every signature against the evidence.
            patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
            apps_rec.train(str(config))
            self.metrics = self.by_tower(apps_rec.evaluate(str(config)))
            self.version = folder / apps_rec.export(str(config), "export")
        self.schema = build_serving_schema(open_export(self.version)[1])
        self.evidence = Golden.read(self.version, self.schema)

    def by_tower(self, named):
        """The same with each tower's place for its name, which every key ends in."""
        places = sorted(enumerate(self.towers), key=lambda item: -len(item[1]))
        found = {}
        for name, value in named.items():
            place, tower = next(((p, t) for p, t in places if name.endswith(f"_{t}")), (None, ""))
            found[name.removesuffix(tower), place] = value
        return found

    def predict(self, input_path, **options):
        """The columns of a file of scores."""
        path = self.folder / "scores.parquet"
        apps_rec.predict(str(self.version), str(self.folder / input_path), str(path), **options)
        return pyarrow.parquet.read_table(path).to_pydict()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the model with plain names, its scores of the log and its ranking."""
    folder = tmp_path_factory.mktemp("plain")
    run = Run(folder, write_run(folder, PLAIN), PLAIN_TOWERS)
    run.scores = run.by_tower(run.predict("log.parquet", keep=[]))
    run.ranked = run.predict("log.parquet", signature="rank", group_by=["user", "n0", "n6"], keep=["click"])
    return run


class Refusals:
    """What `check` says of names, which are tried one by one with those that it took before."""

    def __init__(self, folder, capsys):
        self._folder, self._capsys = folder, capsys
        self.count = 0

    def takes(self, names, towers=PLAIN_TOWERS, group="all", **others):
        """Whether it takes them all; where it does not, it says so in a line a place, and with the exit code 2."""
        config = write_run(self._folder, names, towers, group, **others)
        self._capsys.readouterr()
        code = main(["check", str(config)])
        told = self._capsys.readouterr().err
        if code == 0:
            return True
        assert code == 2, (names, told)
        for line in told.removesuffix("\n").split("\n"):
            assert all(char.isprintable() or char in HARMLESS or category(char) == "Zs" for char in line), told
            assert line.startswith(f"{config}:"), told
            assert len(line) < 1500
        self.count += 1
        return False


def draw_config(draw, refusals, **others):
    """Names that `check` takes together."""
    names = draw_names(draw)
    columns, towers = [], []
    while len(columns) < COLUMNS:
        name = next(names)
        if name not in columns and refusals.takes([*columns, name, *PLAIN[len(columns) + 1 :]], **others):
            columns.append(name)
    while len(towers) < 2:
        name = next(names)
        if refusals.takes(columns, towers=(*towers, name, *PLAIN_TOWERS)[:2], **others):
            towers.append(name)
    group = next(name for name in names if refusals.takes(columns, tuple(towers), name, **others))
    return columns, tuple(towers), group


def assert_equal(found, expected, what):
    """Numbers by output and place of the tower."""
    assert found.keys() == expected.keys(), what
    for key, values in expected.items():
        np.testing.assert_allclose(found[key], values, rtol=0, atol=1e-6, err_msg=f"{what} {key}")


def numbers_of(metrics):
    """The metrics, without what they were measured on."""
    return {key: value for key, value in metrics.items() if isinstance(value, float)}


def follow(columns, towers, group, ending, plain, scorer, folder):
    """Trains, measures, exports and scores in every way, and holds all of it against the model with plain names."""
    named = Run(folder, write_run(folder, columns, towers, group, ending=ending), towers)
    assert_equal(numbers_of(named.metrics), numbers_of(plain.metrics), "metrics")
    own = dict(zip(PLAIN, columns, strict=True))
    rows = {own.get(name, name): values for name, values in plain.evidence.rows.items()}
    assert named.evidence.rows == rows
    live = plain.by_tower(plain.evidence.outputs)
    assert_equal(named.by_tower(named.evidence.outputs), live, "the live model")

    kept = columns[::KINDS]
    apps_rec.convert(str(named.config), str(folder / "records"), str(folder / f"log.{ending}"))
    for input_path in (f"log.{ending}", "records/*.tfrecord"):
        found = named.predict(input_path, keep=kept)
        assert list(found)[: len(kept)] == kept
        assert_equal(named.by_tower({name: found[name] for name in found if name not in kept}), plain.scores, "predict")
    shared = [column.name for column in named.schema.shared]
    ranked = named.predict(f"log.{ending}", signature="rank", group_by=shared, keep=["click"])
    assert (ranked["rank"], ranked["click"]) == (plain.ranked["rank"], plain.ranked["click"])
    np.testing.assert_allclose(ranked["score"], plain.ranked["score"], rtol=0, atol=1e-6)

    # The first of the requests to rank that the proof holds: its user, with the items of all rows.
    user, of_request = plain.evidence.users[0], plain.by_tower(plain.evidence.ranked[0])
    request = {**rows, **{name: [rows[name][user]] * len(rows[name]) for name in shared}}
    for signature in SIGNATURES:
        is_request = signature.startswith("rank")
        weights = plain.evidence.weights if is_request else None
        sent = request if is_request else rows
        outputs = score(scorer, named, signature, sent, folder / "rows.tsv", weights)
        outputs.pop("order", None)
        assert_equal(named.by_tower(outputs), of_request if is_request else live, f"C++ {signature}")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_any_names_work_everywhere_or_are_refused(seed, plain, scorer, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ending = ("parquet", "csv")[seed % 2]
    refusals = Refusals(tmp_path, capsys)
    columns, towers, group = draw_config(random.Random(seed), refusals, ending=ending)
    print(f"{refusals.count} refused; {columns} {towers} {group!r}")
    follow(columns, towers, group, ending, plain, scorer, tmp_path)


@pytest.mark.slow
def test_names_that_are_nearly_the_same_are_not(plain, scorer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    follow(TWINS, ("CTR", "ctr"), "a", "csv", plain, scorer, tmp_path)


def test_the_draw_has_every_kind_of_name():
    names = list(islice(draw_names(random.Random(1)), 2000))
    assert {"..", " ", "x" * 1001} | {"a\nb", "a.b", "a_b"} <= set(names)
    folded = {name.casefold() for name in names}
    assert len(folded) < len(set(names)) < 2000
    assert any(keyword.iskeyword(name) for name in names)
    assert sum(name.isascii() for name in names) > 300
    assert sum(not name.isprintable() for name in names) > 200
