"""Compares predictions with the simulated store's truth: the best possible AUC, the error of pCVR over all rows."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from apps_rec.errors import DataError, RunError
from apps_rec.evaluation.metrics import auc
from apps_rec.simulation.probabilities import TRUTH_COLUMNS
from apps_rec.simulation.world import Array

_SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class Truth:
    """True probabilities and labels of the impressions that did not come from a cache, in the order of the log."""

    impression_id: NDArray[np.int64]
    click: NDArray[np.int64]
    download: NDArray[np.int64]
    probabilities: dict[str, Array]

    def __getitem__(self, name: str) -> Array:
        """Returns p_ctr, p_cvr, p_ctcvr, p_ctr_columns, p_cvr_columns, p_ctcvr_columns or p_cvr_clicked_columns."""
        return self.probabilities[name]

    def __len__(self) -> int:
        return len(self.impression_id)

    def rows_of(self, impression_id: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the row number of each impression: `truth["p_cvr"][truth.rows_of(ids)]` has the order of `ids`.

        Raises:
            DataError: the truth does not hold an id: it is of the other file, or of an impression from a cache.
        """
        order = np.argsort(self.impression_id, kind="stable")
        places = np.searchsorted(self.impression_id, impression_id, sorter=order)
        rows = order[np.minimum(places, len(order) - 1)]
        unknown = np.flatnonzero(self.impression_id[rows] != impression_id)
        if len(unknown):
            raise DataError(
                f"impression_id {impression_id[unknown[0]]} (row {unknown[0]}; {len(unknown)} such rows) has no truth. "
                "Use the truth of the same file, and leave out impressions with is_cached = 1."
            )
        return rows


@dataclass(frozen=True)
class ProbabilityError:
    """Distances of predicted probabilities from the true ones, each a mean over rows."""

    rows: int
    mean_absolute: float
    root_mean_square: float
    bias: float  # predicted minus true
    relative_entropy: float  # KL of the true Bernoulli from the predicted one: log loss beyond the least possible, nats


def load_truth(folder: str | os.PathLike[str], split: str = "eval") -> Truth:
    """Reads the truth of one log file of `simulate_store` and the labels beside it.

    Args:
        folder: folder that the simulation was written to.
        split: "train" or "eval".

    Raises:
        RunError: a file is not there.
        DataError: log and truth are not of one simulation.

    Example:
        >>> import tempfile
        >>> from apps_rec.simulation.store import simulate_store
        >>> folder = tempfile.mkdtemp()
        >>> rows = simulate_store(folder, users=100).eval
        >>> len(load_truth(folder, "eval")) == rows.rows - rows.cached_rows
        True
    """
    log_path, truth_path = Path(folder) / f"{split}.parquet", Path(folder) / f"truth_{split}.parquet"
    for path in (log_path, truth_path):
        if not path.is_file():
            raise RunError(f"{path}: there is no such file. Make it with: apps-rec simulate store -o {folder}")
    log = pq.read_table(log_path, columns=["impression_id", "is_cached", "click", "download"])
    behaviour = log["is_cached"].to_numpy() == 0
    truth = pq.read_table(truth_path)
    ids = truth["impression_id"].to_numpy()
    if not np.array_equal(log["impression_id"].to_numpy()[behaviour], ids):
        raise DataError(f"{truth_path}: its impressions are not those of {log_path}. Simulate the store again.")
    return Truth(
        impression_id=ids,
        click=log["click"].to_numpy()[behaviour].astype(np.int64),
        download=log["download"].to_numpy()[behaviour].astype(np.int64),
        probabilities={name: truth[name].to_numpy() for name in TRUTH_COLUMNS},
    )


def best_auc(truth: Truth, given: str = "columns") -> dict[str, float | None]:
    """Returns the AUC of the true probabilities on the labels: no model of the columns can expect more.

    Args:
        truth: truth of the file that models are evaluated on.
        given: "columns" for the means given only the columns, "everything" for the true probabilities.

    Returns:
        `ctr` and `ctcvr` over all impressions, `cvr_masked` over clicked ones; None where a class is missing.
    """
    suffix = {"columns": "_columns", "everything": ""}[given]
    clicked = truth.click == 1
    cvr = truth["p_cvr_clicked_columns" if suffix else "p_cvr"]
    return {
        "ctr": auc(truth.click, truth[f"p_ctr{suffix}"]),
        "cvr_masked": auc(truth.download[clicked], cvr[clicked]),
        "ctcvr": auc(truth.download, truth[f"p_ctcvr{suffix}"]),
    }


def probability_error(predicted: Array, true: Array) -> ProbabilityError:
    """Compares predicted with true probabilities, row by row.

    The relative entropy is mean(q log(q / p) + (1 - q) log((1 - q) / (1 - p))) for truth q and prediction p. It is the
    expected log loss of p on labels drawn by q, minus that of q itself. p is kept 1e-12 away from 0 and 1.

    Args:
        predicted: predicted probabilities, `[N]`.
        true: true probabilities, `[N]`.

    Raises:
        DataError: there are no rows, the lengths differ, or a prediction is no probability.

    Example:
        >>> probability_error(np.array([0.5, 0.5]), np.array([0.25, 0.75])).mean_absolute
        0.25
    """
    predicted = np.asarray(predicted, np.float64)
    if predicted.shape != true.shape or predicted.size == 0:
        raise DataError(f"probability_error: expected one prediction a row, {true.shape}, got {predicted.shape}")
    if not bool(np.all((predicted >= 0) & (predicted <= 1))):
        raise DataError("probability_error: expected probabilities from 0 to 1; give probs_, not logits_")
    gap = predicted - true
    clipped = np.clip(predicted, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
    return ProbabilityError(
        rows=predicted.size,
        mean_absolute=float(np.abs(gap).mean()),
        root_mean_square=float(np.sqrt((gap**2).mean())),
        bias=float(gap.mean()),
        relative_entropy=float((_cross_entropy(true, clipped) - _cross_entropy(true, true)).mean()),
    )


def pcvr_errors(pcvr: Array, truth: Truth) -> dict[str, ProbabilityError]:
    """Returns the errors of a model's pCVR over all impressions, over clicked ones and over unclicked ones.

    Args:
        pcvr: p(download | click) of every row of the truth, in its order.
        truth: truth of the file that was scored.

    Returns:
        `all`, `clicked` and `unclicked`: errors against the true p_cvr. `all_columns`: error against p_cvr_columns.
        `best`: error of p_cvr_columns against p_cvr; no model of the columns gets below it.
    """
    pcvr = np.asarray(pcvr, np.float64)
    if len(pcvr) != len(truth):
        raise DataError(f"pcvr_errors: expected one prediction a row of the truth, {len(truth)}, got {len(pcvr)}")
    clicked = truth.click == 1
    return {
        "all": probability_error(pcvr, truth["p_cvr"]),
        "clicked": probability_error(pcvr[clicked], truth["p_cvr"][clicked]),
        "unclicked": probability_error(pcvr[~clicked], truth["p_cvr"][~clicked]),
        "all_columns": probability_error(pcvr, truth["p_cvr_columns"]),
        "best": probability_error(truth["p_cvr_columns"], truth["p_cvr"]),
    }


def _cross_entropy(true: Array, predicted: Array) -> Array:
    """Returns -(q log p + (1 - q) log(1 - p)) for each row. A term of weight 0 is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ones = np.where(true > 0, true * np.log(predicted), 0.0)
        zeros = np.where(true < 1, (1.0 - true) * np.log1p(-predicted), 0.0)
    return -(ones + zeros)
