"""Simulates an A/B test in the simulated store: each arm ranks what its users see, and users behave by the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apps_rec.atomic_file import replace_text, replacing
from apps_rec.errors import RunError, UserError
from apps_rec.simulation.calibrate import calibrate
from apps_rec.simulation.impressions import (
    MAX_POSITION,
    MEAN_SESSION_LENGTH,
    Impressions,
    Users,
    Visits,
    draw_apps,
    draw_page_lengths,
    draw_users,
    draw_visits,
    impressions_of,
)
from apps_rec.simulation.integrate import sigmoid
from apps_rec.simulation.tables import LOG_SCHEMA, log_table
from apps_rec.simulation.world import NUM_APPS, Array, Codes, World, make_world
from apps_rec.terminal.progress_bar import progress_bar

# Gives scores of candidates, `[N]`, the columns of which it takes by name.
Ranker = Callable[[pa.Table], Array]

LOG_FILE, SUMMARY_FILE = "log.parquet", "simulation.json"
LOG_WITH_ARMS = LOG_SCHEMA.append(pa.field("arm", pa.string()))
_USERS_PER_CHUNK = 2000


@dataclass(frozen=True)
class SimulatedArm:
    """An arm: counts of what its users did, and what was to be expected of what they saw.

    Attributes:
        users: number of users.
        impressions: number of impressions.
        clicks: number of clicks.
        downloads: number of downloads.
        expected_clicks: sum of the true probabilities of a click.
        expected_downloads: sum of the true probabilities of a click and a download.
    """

    users: int
    impressions: int
    clicks: int
    downloads: int
    expected_clicks: float
    expected_downloads: float


@dataclass(frozen=True)
class SimulatedExperiment:
    """A simulated test.

    Attributes:
        log: file of the log.
        arms: arms by name, the control first.
    """

    log: str
    arms: dict[str, SimulatedArm]

    def expected_difference(self, arm: str) -> float:
        """Returns how much more downloads a user were to be expected of an arm than of the control, as a fraction."""
        control, treatment = next(iter(self.arms.values())), self.arms[arm]
        of_control, of_arm = (one.expected_downloads / one.users for one in (control, treatment))
        return of_arm / of_control - 1


def simulate_experiment(
    rankers: Mapping[str, Ranker],
    output_dir: str | Path,
    users: int = 20_000,
    seed: int = 7,
    draw: int = 0,
    ctr: float = 0.1,
    cvr: float = 0.43,
    correlation: float = 0.5,
    impressions_per_user: float = 45.0,
    candidates: int = 20,
) -> SimulatedExperiment:
    """Writes the log of a test, log.parquet, with a column `arm` more than `simulate_store` writes.

    The store is that of `simulate_store` with the same seed, rates and correlation; its users are other ones. Each user
    is dealt to an arm. For each page the store proposes some apps, as it does in `simulate_store`; the arm's ranker
    scores them, and the page shows the best of them, the best first. Clicks and downloads follow the true
    probabilities; those of a click fall with the position.

    Args:
        rankers: function of candidates that gives their scores, by the name of the arm; the control first.
        output_dir: folder for log.parquet and simulation.json; made if it is not there.
        users: number of users of the test, over all arms.
        seed: seed of the store, as of `simulate_store`.
        draw: seed of the users of the test and of what they do.
        ctr: share of impressions that are clicked where popular apps stand first, as in `simulate_store`.
        cvr: share of clicks that become a download there.
        correlation: correlation of the two tastes, as in `simulate_store`.
        impressions_per_user: mean number of impressions, at least 8.
        candidates: number of apps that are proposed for a page, from 10; those that come twice count once.

    Raises:
        UserError: an argument is out of its range, or the folder holds another log or cannot be written.
    """
    _check(rankers, users, candidates, draw, impressions_per_user)
    folder = Path(output_dir)
    log = folder / LOG_FILE
    if log.exists() and not (folder / SUMMARY_FILE).exists():
        raise RunError(f"{log} would be replaced, and no simulation wrote it; give another folder, or remove it")
    world = make_world(seed, correlation)
    intercepts = calibrate(world, seed, ctr, cvr)
    names = list(rankers)
    totals = np.zeros((len(names), 6))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SUMMARY_FILE).unlink(missing_ok=True)
        with (
            replacing(log) as aside,
            pq.ParquetWriter(aside, LOG_WITH_ARMS, compression="zstd") as writer,
            progress_bar("simulating") as bar,
        ):
            first = 0
            for chunk in _chunks(users, draw):
                shown = _Chunk.drawn(chunk, world, seed, impressions_per_user, candidates)
                rows, counted = shown.behaviour(rankers, intercepts, first)
                totals += counted
                first += rows.num_rows
                writer.write_table(rows)
                bar.add(rows.num_rows, min(1.0, (chunk.first_user + chunk.users) / users))
        arms = {
            name: SimulatedArm(*(int(count) for count in row[:4]), *(float(expected) for expected in row[4:]))
            for name, row in zip(names, totals, strict=True)
        }
        made = SimulatedExperiment(str(log), arms)
        replace_text(folder / SUMMARY_FILE, json.dumps(asdict(made) | {"seed": seed, "draw": draw}, indent=2) + "\n")
    except OSError as error:
        raise RunError(f"{error.filename or folder}: cannot be written: {error.strerror or error}") from None
    return made


@dataclass(frozen=True)
class _Draw:
    """The users of a chunk, and their random numbers."""

    first_user: int
    users: int
    draw: int
    number: int

    def rng(self, what: int) -> np.random.Generator:
        """Returns the random numbers of one thing, so that no thing's numbers depend on another's."""
        return np.random.default_rng(np.random.SeedSequence(self.draw, spawn_key=(3, self.number, what)))


def _chunks(users: int, draw: int) -> Iterator[_Draw]:
    for number, first in enumerate(range(0, users, _USERS_PER_CHUNK)):
        yield _Draw(first, min(_USERS_PER_CHUNK, users - first), draw, number)


@dataclass(frozen=True)
class _Chunk:
    """Candidates of the pages of some users."""

    draw: _Draw
    world: World
    users: Users
    visits: Visits
    page_length: Codes  # [P]
    page: Codes  # [N], of each candidate
    app: Codes  # [N]
    candidates: pa.Table

    @classmethod
    def drawn(cls, draw: _Draw, world: World, seed: int, impressions_per_user: float, candidates: int) -> _Chunk:
        # What a store's users are does not depend on the arms.
        rng = draw.rng(0)
        users = draw_users(rng, world, draw.first_user, draw.users, impressions_per_user / MEAN_SESSION_LENGTH)
        visits = draw_visits(rng, world, users)
        pages = len(visits.page_session)
        page_length = draw_page_lengths(rng, pages)
        page, app = draw_apps(rng, world, users, visits.page_user, np.full(pages, candidates))
        # Where a candidate will stand is not known yet.
        proposed = replace(impressions_of(world, users, visits, page, app), position=np.ones(len(page), np.int64))
        nothing = np.zeros(len(page), np.int64)
        table = log_table(rng, world, users, proposed, 0, (nothing, nothing))
        return cls(draw, world, users, visits, page_length, page, app, table)

    def behaviour(
        self, rankers: Mapping[str, Ranker], intercepts: tuple[float, float], first_impression: int
    ) -> tuple[pa.Table, Array]:
        """Returns the log's rows, and for each arm the six numbers of SimulatedArm."""
        arm_of_user = self.draw.rng(1).integers(len(rankers), size=self.users.count)
        arm = arm_of_user[self.visits.page_user[self.page]]
        scores = np.empty(len(self.page))
        for at, ranker in enumerate(rankers.values()):
            rows = np.flatnonzero(arm == at)
            if len(rows):
                scores[rows] = ranker(self.candidates.take(pa.array(rows)))
        chosen = self._shown(scores)
        shown = impressions_of(self.world, self.users, self.visits, self.page[chosen], self.app[chosen])
        pctr, pcvr = _truth(shown, intercepts)
        rng = self.draw.rng(2)
        click = rng.random(len(chosen)) < pctr
        download = click & (rng.random(len(chosen)) < pcvr)
        rows = _rows(self.candidates.take(pa.array(chosen)), shown, first_impression, click, download)
        names = pa.array(list(rankers), pa.string()).take(pa.array(arm[chosen]))
        count = len(rankers)
        users = np.bincount(arm_of_user, minlength=count)
        per_row = (np.ones(len(chosen)), click, download, pctr, pctr * pcvr)
        sums = [np.bincount(arm[chosen], values, minlength=count) for values in per_row]
        return rows.append_column(LOG_WITH_ARMS.field("arm"), names), np.stack([users, *sums], axis=1)

    def _shown(self, scores: Array) -> Codes:
        """Returns the candidates that are shown: pages in the order of their time, the best of each page first."""
        order = np.lexsort((-scores, self.page, self.visits.page_time[self.page]))
        page = self.page[order]
        starts = np.flatnonzero(np.append(True, page[1:] != page[:-1]))
        place = np.arange(len(page)) - np.repeat(starts, np.diff(np.append(starts, len(page))))
        return order[place < self.page_length[page]]


def _truth(shown: Impressions, intercepts: tuple[float, float]) -> tuple[Array, Array]:
    """Returns the true probabilities of a click, and of a download of a click."""
    return (
        sigmoid(shown.click_logit + shown.click_remainder + intercepts[0]),
        sigmoid(shown.download_logit + shown.download_remainder + intercepts[1]),
    )


def _rows(chosen: pa.Table, shown: Impressions, first: int, click: np.ndarray, download: np.ndarray) -> pa.Table:
    """Returns candidates as rows of the log: with number, position and labels."""
    columns = {
        "impression_id": first + np.arange(len(click)),
        "position": shown.position,
        "click": click,
        "download": download,
    }
    for name, values in columns.items():
        at = LOG_SCHEMA.get_field_index(name)
        chosen = chosen.set_column(at, LOG_SCHEMA.field(at), pa.array(values).cast(LOG_SCHEMA.field(at).type))
    return chosen


def _check(rankers: Mapping[str, Ranker], users: int, candidates: int, draw: int, impressions_per_user: float) -> None:
    rules: list[tuple[bool, str, str, float]] = [
        (len(rankers) >= 2, "arms", "2 or more", len(rankers)),
        (users >= 1, "users", "1 or more", users),
        (draw >= 0, "draw", "0 or more", draw),
        (MAX_POSITION <= candidates <= NUM_APPS, "candidates", f"from {MAX_POSITION} to {NUM_APPS}", candidates),
        (
            MEAN_SESSION_LENGTH <= impressions_per_user <= 1000,
            "impressions_per_user",
            f"from {MEAN_SESSION_LENGTH:g} to 1000",
            impressions_per_user,
        ),
    ]
    wrong = [f"{name}: expected {expected}, got {value}" for holds, name, expected, value in rules if not holds]
    if wrong:
        raise UserError("simulate ab: " + "; ".join(wrong))
