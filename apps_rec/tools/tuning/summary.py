"""The summary of a study: a table for people, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from apps_rec.terminal.table import aligned
from apps_rec.tools.tuning.study import INSTEAD_OF, REASON, STEP, Study

_LONGEST_REASON = 120


@dataclass(frozen=True)
class TrialResult:
    """A trial, as it is now.

    Attributes:
        number: number of the trial, from 0.
        state: complete, pruned, fail or running.
        value: best value of the metric; None where it failed.
        step: step of that value; of a pruned trial the step at which it ended.
        values: values that it was trained with, by parameter.
        reason: reason that it failed; "": it did not.
        instead_of: trial that was cut short and has the same values; None: there is none.
    """

    number: int
    state: str
    value: float | None
    step: int | None
    values: dict[str, Any]
    reason: str = ""
    instead_of: int | None = None


@dataclass(frozen=True)
class TuneResult:
    """The result of a tuning.

    Attributes:
        output: folder of the study.
        metric: metric by which the best was chosen.
        better: "higher" or "lower".
        chosen_on: rows on which it was measured, in words.
        best: best trial; None where none came to its end.
        kept: numbers of the trials whose model_dir is kept, the best first.
        trials: all trials, by number.
    """

    output: str
    metric: str
    better: str
    chosen_on: str
    best: TrialResult | None
    kept: list[int]
    trials: list[TrialResult] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Returns the result as values of JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """Returns the table: finished trials, the best first, then pruned, running and failed ones."""
        return "\n".join(_lines(self))


def summarize(study: Study, chosen_on: str) -> TuneResult:
    """Returns the present state of a study."""
    trials = [
        TrialResult(
            one.number,
            one.state.name.lower(),
            one.value,
            one.user_attrs.get(STEP),
            dict(one.params),
            one.user_attrs.get(REASON, ""),
            one.user_attrs.get(INSTEAD_OF),
        )
        for one in study.trials()
    ]
    by_number = {one.number: one for one in trials}
    ranked = study.ranked()
    best = by_number[ranked[0].number] if ranked else None
    better = "higher" if study.maximizes else "lower"
    return TuneResult(str(study.folder.path), study.metric, better, chosen_on, best, study.kept(), trials)


def labels(names: Sequence[str]) -> dict[str, str]:
    """Returns the shortest end of each path that no other path has; of an argument of one's own, with its name.

    Example:
        >>> labels(["a.dnn.hidden_units", "a.dnn.dropout_ratio", "b.dnn.dropout_ratio"])
        {'a.dnn.hidden_units': 'hidden_units', 'a.dnn.dropout_ratio': 'a.dnn.dropout_ratio', \
'b.dnn.dropout_ratio': 'b.dnn.dropout_ratio'}
    """
    found = {}
    for name in names:
        pieces = name.split(".")
        ends = [".".join(pieces[at:]) for at in reversed(range(len(pieces)))]
        if len(pieces) > 1 and pieces[-2].startswith("params["):
            del ends[0]  # its type alone, such as int_value
        others = [other for other in names if other != name]
        found[name] = next((e for e in ends if not any(o == e or o.endswith(f".{e}") for o in others)), name)
    return found


def _lines(result: TuneResult) -> list[str]:
    names = list(dict.fromkeys(name for one in result.trials for name in one.values))
    short = labels(names)
    head = ["trial", "state", result.metric, "step", *(short[name] for name in names)]
    sign = -1 if result.better == "higher" else 1
    order = {"complete": 0, "pruned": 1, "running": 2, "fail": 3}
    rows = sorted(
        result.trials, key=lambda one: (order[one.state], sign * one.value if one.value is not None else 0, one.number)
    )
    cells = [
        head,
        *(
            [
                str(one.number),
                one.state,
                _shown(one.value),
                _shown(one.step),
                *(_shown(one.values.get(name)) for name in names),
            ]
            for one in rows
        ),
    ]
    lines = [aligned(cells, right_from=0)]
    lines += [f"trial {one.number}: {_reason(one)}" for one in rows if one.reason]
    if result.best is not None:
        kept = ", ".join(map(str, result.kept))
        lines.append(
            f"best: trial {result.best.number}, {result.metric} {result.best.value:.5f} on {result.chosen_on}; "
            f"model_dir kept of: {kept}"
        )
    return lines


def _reason(one: TrialResult) -> str:
    line = " ".join(one.reason.split())
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}..."


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.5g}" if isinstance(value, float) else str(value)
