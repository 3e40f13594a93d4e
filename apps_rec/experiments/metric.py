"""Metrics of an experiment: quotients of sums over users, written as `revenue=revenue/users`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps_rec.errors import ArgumentError
from apps_rec.nearest import did_you_mean, nearest

# Words that stand for what is no column: the number of users, and the number of a user's rows.
USERS, ROWS = "users", "rows"
# The metrics of a funnel: what is counted, and for each of what.
_FUNNEL = {
    "distribution per user": ("download", USERS),
    "CTR": ("click", "impression"),
    "CVR": ("download", "click"),
    "CTCVR": ("download", "impression"),
}
_WORDS = {"distribution": "distribution per user", "ctr": "CTR", "cvr": "CVR", "ctcvr": "CTCVR"}


@dataclass(frozen=True)
class Quotient:
    """A sum over users, divided by another.

    Attributes:
        numerator: column that is summed.
        denominator: column that is summed, ROWS for the number of rows, USERS for that of users.
    """

    numerator: str
    denominator: str = USERS

    @property
    def columns(self) -> list[str]:
        """Returns the columns of the log that it reads."""
        return [name for name in (self.numerator, self.denominator) if name not in (USERS, ROWS)]

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True)
class Metric:
    """A quotient that is compared between arms.

    Attributes:
        name: its name in the table.
        value: what it is.
        covariate: what CUPED takes from it, of the time before the experiment; None: nothing.
    """

    name: str
    value: Quotient
    covariate: Quotient | None = None


def metrics_of(
    texts: Sequence[str],
    covariates: Sequence[str] = (),
    click: str = "click",
    download: str = "download",
    impression: str = ROWS,
) -> list[Metric]:
    """Returns the metrics that are asked for.

    Args:
        texts: words of the funnel's metrics (distribution, ctr, cvr, ctcvr), or `name=numerator/denominator` each;
            none: the four of the funnel.
        covariates: `column` or `column/column` for all metrics, with `name=` in front for one.
        click: column of clicks.
        download: column of downloads.
        impression: column of impressions; ROWS: each row is one.

    Raises:
        ArgumentError: a text is no metric, a name stands twice, or a covariate is of no metric.

    Example:
        >>> [f"{metric.name}: {metric.value}" for metric in metrics_of(["ctr", "spend=revenue/users"])]
        ['CTR: click/rows', 'spend: revenue/users']
    """
    columns = {"click": click, "download": download, "impression": impression, USERS: USERS}
    metrics = [_metric(text, columns) for text in texts or _WORDS]
    names = [metric.name for metric in metrics]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ArgumentError('{metric}: "{name}" stands there twice', "metric", name=twice)
    for text in covariates:
        name, equals, written = text.rpartition("=")
        of = name if name in names else _WORDS.get(name.lower(), name)
        if equals and of not in names:
            guess = did_you_mean(nearest(name, names))
            error = '{covariate}: there is no metric "{name}"; expected one of {names}.{guess}'
            raise ArgumentError(error, "covariate", name=name, names=", ".join(names), guess=guess)
        covariate = _quotient(written, "covariate", text)
        metrics = [replace(one, covariate=covariate) if not equals or one.name == of else one for one in metrics]
    return metrics


def _metric(text: str, columns: dict[str, str]) -> Metric:
    name, equals, written = text.partition("=")
    if equals and name.strip():
        return Metric(name.strip(), _quotient(written, "metric", text))
    if (word := text.lower()) not in _WORDS:
        guess = did_you_mean(nearest(word, _WORDS))
        expected = f"expected {', '.join(_WORDS)}, or NAME=COLUMN/COLUMN, NAME=COLUMN/users, NAME=COLUMN/rows"
        raise ArgumentError(
            "{metric}: {expected}, got {got}.{guess}", "metric", expected=expected, got=text, guess=guess
        )
    numerator, denominator = _FUNNEL[_WORDS[word]]
    return Metric(_WORDS[word], Quotient(columns[numerator], columns[denominator]))


def _quotient(text: str, argument: str, whole: str) -> Quotient:
    """Returns `a/b`; `a` alone is a per user where it is a covariate."""
    numerator, slash, denominator = (part.strip() for part in text.partition("/"))
    is_whole = bool(slash and denominator) or (argument == "covariate" and not slash)
    has_rows = argument == "covariate" and ROWS in (numerator, denominator)
    if not is_whole or not numerator or numerator == USERS or "/" in denominator or has_rows:
        expected = (
            "COLUMN or COLUMN/COLUMN" if argument == "covariate" else "COLUMN/COLUMN, COLUMN/users or COLUMN/rows"
        )
        error = f"{{{argument}}}: expected {{expected}}, got {{got}}"
        raise ArgumentError(error, argument, expected=expected, got=whole)
    return Quotient(numerator, denominator if slash else USERS)
