"""Counts of a simulated log."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

SPLITS = ("train", "eval")


@dataclass(frozen=True)
class SplitSummary:
    """Counts of one log file; the rates leave out impressions that came from a cache."""

    rows: int
    cached_rows: int
    users: int
    clicks: int
    downloads: int
    ctr: float
    cvr: float


@dataclass(frozen=True)
class StoreSummary:
    """The arguments of `simulate_store` and the counts of the files that it wrote."""

    output_dir: str
    users: int
    seed: int
    ctr: float
    cvr: float
    correlation: float
    impressions_per_user: float
    train: SplitSummary
    eval: SplitSummary
    # Variance of a user's downloads over all days, divided by their mean: 1 if they were Poisson.
    download_dispersion: float

    def as_dict(self) -> dict[str, Any]:
        """Returns the same as plain values, ready for JSON."""
        return asdict(self)


class Counts:
    """Adds up the rows that are written, chunk by chunk."""

    def __init__(self) -> None:
        self._totals = {split: np.zeros(4, np.int64) for split in SPLITS}  # rows, cached, clicks, downloads
        self._users = dict.fromkeys(SPLITS, 0)
        self._downloads_per_user: list[np.ndarray] = []

    def add(self, split: str, user: np.ndarray, is_cached: np.ndarray, labels: tuple[np.ndarray, np.ndarray]) -> None:
        """Counts one chunk of one split."""
        self._totals[split] += np.array([len(user), is_cached.sum(), labels[0].sum(), labels[1].sum()])
        self._users[split] += len(np.unique(user))

    def add_users(self, downloads: np.ndarray) -> None:
        """Notes the downloads of each user of a chunk, over both splits."""
        self._downloads_per_user.append(downloads)

    def split(self, split: str) -> SplitSummary:
        """Sums up one split."""
        rows, cached, clicks, downloads = (int(total) for total in self._totals[split])
        return SplitSummary(
            rows=rows,
            cached_rows=cached,
            users=self._users[split],
            clicks=clicks,
            downloads=downloads,
            ctr=clicks / max(rows - cached, 1),
            cvr=downloads / max(clicks, 1),
        )

    def download_dispersion(self) -> float:
        """Returns variance over mean of the downloads per user; 0 where nobody downloaded."""
        downloads = np.concatenate(self._downloads_per_user)
        return float(downloads.var() / downloads.mean()) if downloads.any() else 0.0
