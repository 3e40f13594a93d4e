"""Simulates the log of an app store's module, and the true probability of every click and download in it."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apps_rec.errors import UserError
from apps_rec.simulation.calibrate import calibrate
from apps_rec.simulation.impressions import MEAN_SESSION_LENGTH, NUM_DAYS, Impressions, draw_impressions, draw_users
from apps_rec.simulation.probabilities import draw_labels, true_probabilities
from apps_rec.simulation.summary import SPLITS, Counts, StoreSummary
from apps_rec.simulation.tables import LOG_SCHEMA, TRUTH_SCHEMA, log_table, truth_table
from apps_rec.simulation.world import World, make_world

SUMMARY_FILE = "simulation.json"
FILES = (*(f"{split}.parquet" for split in SPLITS), *(f"truth_{split}.parquet" for split in SPLITS))

_EVAL_DAYS = 5
_USERS_PER_CHUNK = 2000


def simulate_store(
    output_dir: str | os.PathLike[str],
    users: int = 20_000,
    seed: int = 7,
    ctr: float | None = None,
    cvr: float | None = None,
    correlation: float = 0.5,
    impressions_per_user: float = 45.0,
) -> StoreSummary:
    """Writes an app-store log (train.parquet, eval.parquet) and its truth (truth_train.parquet, truth_eval.parquet).

    Each user comes for a few sessions in 14 days. A session shows one or more pages of up to ten apps. An impression
    may be clicked; a clicked one may become a download. With a known part f of each logit and an unknown remainder r,

        p_ctr = sigmoid(f_click + r_click)      p_cvr = sigmoid(f_download + r_download)      p_ctcvr = p_ctr * p_cvr

    The truth files hold these three, and the best predictions that a model of the log could make of them. "Given only
    the columns" means given the row's own attributes (age_band to position in the log's schema, with app_id, the
    logged position and the installed apps) and given the store, that is, every f. It does not mean given user_id,
    impression_id, event_time or other rows of the session. r is drawn anew for each session, independent of those
    columns. It has a binary part, the set-up of a new device, and Gaussian parts: activity, intent and the momentary
    part of the two taste vectors. No session spans two days. The training file, even with the same user's clicks,
    therefore tells no more about an evaluation row. r is integrated out by quadrature (relative error below 1e-5):

        p_ctr_columns          E[p_ctr | columns]       limit of a model of clicks
        p_ctcvr_columns        E[p_ctcvr | columns]     limit of a model of downloads over all impressions
        p_cvr_columns          E[p_cvr | columns]       over all impressions: a forced click
        p_cvr_clicked_columns  p_ctcvr_columns / p_ctr_columns = p(download | click, columns): limit of models of
                               clicked rows and of the quotient in ESMM. The more the unknown tastes are correlated,
                               the more it differs from p_cvr_columns.

    About 4 % of the impressions came from a cache (is_cached = 1): nobody saw them, so their labels
    are 0. They stay in the log, to be filtered out there, and have no row in the truth. impression_id joins log and
    truth. The truth has the order of the log's rows with is_cached = 0. Days 1 to 9 train, days 10 to 14 evaluate.

    Each file is written under another name and renamed when whole. Files of an earlier simulation in `output_dir` are
    replaced. Other files there are left alone, but one of the same name that no simulation wrote is an error. The same
    arguments give the same bytes. A larger `users` keeps the store, its rates and the first users as they are.

    Args:
        output_dir: folder for the files; made if it is not there.
        users: number of users.
        seed: seed of the random numbers, 0 or more.
        ctr: expected share of impressions that are clicked, in (0, 1). Default .1; a real module's is near .004.
        cvr: expected share of clicks that become a download, in (0, 1). Default .43.
        correlation: correlation of click taste and download taste, in [-1, 1]. It holds for an app's two appeals, an
            attribute's two effects, the two taste vectors, and a session's unknown tastes. Position, hour, size,
            price, activity and intent are outside it.
        impressions_per_user: mean number of impressions, at least 8 (one session). Slightly fewer are written, as no
            page shows an app twice. At 8 with ctr .004 the variance of downloads per user is about 2.5 times the mean.

    Returns:
        Counts of the two logs, and the arguments. simulation.json in the folder holds the same.

    Raises:
        UserError: an argument is out of its range, or the folder cannot be written or holds other data of these names.

    Example:
        >>> import tempfile
        >>> summary = simulate_store(tempfile.mkdtemp(), users=100)
        >>> summary.train.downloads <= summary.train.clicks
        True

    References:
        Ma et al. 2018, Entire Space Multi-Task Model, section 2.2 (sample selection: why pCVR is asked for over all
        impressions).
    """
    ctr = 0.1 if ctr is None else ctr
    cvr = 0.43 if cvr is None else cvr
    _check_arguments(users, seed, ctr, cvr, correlation, impressions_per_user)
    folder = Path(output_dir)
    _check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        world = make_world(seed, correlation)
        intercepts = calibrate(world, seed, ctr, cvr)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".simulate-") as aside:
            counts = _write_files(
                Path(aside), world, seed, users, impressions_per_user / MEAN_SESSION_LENGTH, intercepts
            )
            summary = StoreSummary(
                output_dir=str(folder),
                users=users,
                seed=seed,
                ctr=ctr,
                cvr=cvr,
                correlation=correlation,
                impressions_per_user=impressions_per_user,
                train=counts.split("train"),
                eval=counts.split("eval"),
                download_dispersion=counts.download_dispersion(),
            )
            (Path(aside) / SUMMARY_FILE).write_text(json.dumps(summary.as_dict(), indent=2) + "\n", encoding="utf-8")
            # The summary is removed first and written last: if it is there, the files beside it belong together. Other
            # files may lie there too, so the folder is not replaced as a whole.
            (folder / SUMMARY_FILE).unlink(missing_ok=True)
            for name in (*FILES, SUMMARY_FILE):
                os.replace(Path(aside) / name, folder / name)
    except OSError as error:
        raise UserError(
            f"{folder}: the simulated log cannot be written ({error.strerror or error}). "
            "Give a folder that can be written."
        ) from error
    return summary


def _write_files(
    folder: Path, world: World, seed: int, users: int, mean_sessions: float, intercepts: tuple[float, float]
) -> Counts:
    """Writes the four Parquet files, with one row group for each chunk of users."""
    counts = Counts()
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                pq.ParquetWriter(
                    folder / name, TRUTH_SCHEMA if name.startswith("truth") else LOG_SCHEMA, compression="zstd"
                )
            )
            for name in FILES
        }
        for log, truth, impressions, num_users in _chunks(world, seed, users, mean_sessions, intercepts):
            counts.add_users(np.bincount(impressions.user, log["download"].to_numpy(), minlength=num_users))
            in_eval = impressions.day >= NUM_DAYS - _EVAL_DAYS
            for split, rows in (("train", ~in_eval), ("eval", in_eval)):
                part = log.filter(pa.array(rows))
                labels = (part["click"].to_numpy(), part["download"].to_numpy())
                counts.add(split, impressions.user[rows], impressions.is_cached[rows], labels)
                writers[f"{split}.parquet"].write_table(part)
                writers[f"truth_{split}.parquet"].write_table(truth.filter(pa.array(rows & ~impressions.is_cached)))
    return counts


def _chunks(
    world: World, seed: int, users: int, mean_sessions: float, intercepts: tuple[float, float]
) -> Iterator[tuple[pa.Table, pa.Table, Impressions, int]]:
    """Yields log, truth and impressions of a few thousand users at a time. Each chunk has its own random numbers."""
    first_impression = 0
    for chunk, first_user in enumerate(range(0, users, _USERS_PER_CHUNK)):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2, chunk)))
        # A whole chunk is drawn and then cut, so that the first users stay the same when more are asked for.
        drawn = draw_users(rng, world, first_user, _USERS_PER_CHUNK, mean_sessions)
        impressions = draw_impressions(rng, world, drawn)
        probabilities = true_probabilities(world, impressions, *intercepts)
        labels = draw_labels(rng, probabilities, impressions.is_cached)
        log = log_table(rng, world, drawn, impressions, first_impression, labels)
        truth = truth_table(log, probabilities)
        first_impression += len(impressions.user)
        num_users = min(_USERS_PER_CHUNK, users - first_user)
        if num_users < _USERS_PER_CHUNK:
            keep = impressions.user < num_users
            log, truth, impressions = log.filter(pa.array(keep)), truth.filter(pa.array(keep)), impressions.where(keep)
        yield log, truth, impressions, num_users


def _check_folder(folder: Path) -> None:
    """Refuses a folder with files of our names that no simulation wrote: those of a simulation have a summary."""
    # Path.exists would raise for a folder that cannot be looked into. The error of writing there is clearer.
    others = [name for name in FILES if os.path.exists(folder / name)]
    if others and not os.path.exists(folder / SUMMARY_FILE):
        raise UserError(
            f"{folder}: {', '.join(others)} would be replaced, and without {SUMMARY_FILE} beside them they are not "
            "known to be simulated. Give another folder, or remove them."
        )


def _check_arguments(
    users: int, seed: int, ctr: float, cvr: float, correlation: float, impressions_per_user: float
) -> None:
    """Reports every argument that is out of its range."""
    rules: list[tuple[bool, str, str, float]] = [
        (users >= 1, "users", "1 or more", users),
        (seed >= 0, "seed", "0 or more", seed),
        (0.0001 <= ctr <= 0.9, "ctr", "a share from 0.0001 to 0.9 (0.004 is .4 %)", ctr),
        (0.001 <= cvr <= 0.99, "cvr", "a share of the clicks from 0.001 to 0.99", cvr),
        (-1 <= correlation <= 1, "correlation", "from -1 to 1", correlation),
        (
            MEAN_SESSION_LENGTH <= impressions_per_user <= 1000,
            "impressions_per_user",
            f"from {MEAN_SESSION_LENGTH:g} to 1000",
            impressions_per_user,
        ),
    ]
    wrong = [f"{name}: expected {expected}, got {value}" for holds, name, expected, value in rules if not holds]
    if wrong:
        raise UserError("simulate store: " + "; ".join(wrong))
