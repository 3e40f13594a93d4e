"""Columns of a log that an experiment reads, and what they are called in a query, whatever their names hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps_rec.errors import DataError
from apps_rec.experiments.metric import ROWS, USERS, Metric
from apps_rec.nearest import did_you_mean, nearest

# Names in a query: of the user, the arm, the mark of rows to leave out, and the number of a user's rows.
USER, ARM, LEFT_OUT, NUM_ROWS = "user_key", "arm_name", "left_out", "num_rows"


@dataclass(frozen=True)
class Columns:
    """Names of the columns that are read.

    Attributes:
        user: column of users.
        arm: column of arms.
        summed: columns that are summed over the rows of a user.
        covariates: columns with one value a user, of the time before the experiment.
        left_out: column that is not 0 in rows to leave out; None: none are.
    """

    user: str
    arm: str
    summed: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    left_out: str | None = None

    @property
    def numbers(self) -> dict[str, str]:
        """Returns the columns of numbers by what they are called in a query."""
        found = {f"s{at}": name for at, name in enumerate(self.summed)}
        found |= {f"c{at}": name for at, name in enumerate(self.covariates)}
        return found | ({LEFT_OUT: self.left_out} if self.left_out is not None else {})

    def sum_key(self, name: str) -> str | None:
        """Returns what the sum of a column is called; None for USERS, which is 1 a user."""
        if name == USERS:
            return None
        return NUM_ROWS if name == ROWS else f"s{self.summed.index(name)}"

    def covariate_key(self, name: str) -> str | None:
        """Returns what a covariate is called; None for USERS."""
        return None if name == USERS else f"c{self.covariates.index(name)}"

    def require(self, what: str, present: Sequence[str], types: dict[str, str]) -> None:
        """Refuses a log without these columns, or in which those of numbers hold something else.

        Args:
            what: name of the log.
            present: columns of the log.
            types: types of the columns that hold no numbers.

        Raises:
            DataError: one line for each column.
        """
        lines = []
        for name in dict.fromkeys([self.user, self.arm, *self.numbers.values()]):
            if name not in present:
                guess = did_you_mean(nearest(name, present))
                lines.append(f'{what}: there is no column "{name}"; columns are {", ".join(present)}.{guess}')
            elif name in self.numbers.values() and name in types:
                lines.append(f'{what}: column "{name}" holds {types[name]}; expected numbers, or true and false')
        if lines:
            raise DataError("\n".join(lines))


def columns_of(metrics: Iterable[Metric], user: str, arm: str, left_out: str | None = None) -> Columns:
    """Returns the columns that metrics read, each once."""
    metrics = list(metrics)
    summed = dict.fromkeys(name for metric in metrics for name in metric.value.columns)
    covariates = dict.fromkeys(
        name for metric in metrics if metric.covariate is not None for name in metric.covariate.columns
    )
    return Columns(user, arm, tuple(summed), tuple(covariates), left_out)
