"""Decides what the labels are to each other: steps of a funnel, or tasks of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps_rec.errors import DataError
from apps_rec.profile.engine import Engine
from apps_rec.profile.facts import LabelFacts, TableFacts
from apps_rec.profile.source import Source
from apps_rec.profile.table import odd_values

ESMM, FUNNEL, MMOE, ONE = "esmm", "funnel", "mmoe", "one"
# So few rows that contradict a funnel are more likely mistakes of the log than its rule.
_FEW_CONTRADICTIONS = 0.001
# Conversions in the rows that choose, of which an AUC says something.
_LEAST_CONVERSIONS = 200
_YES = ("yes", "y", "true", "t", "是", "click", "clicked", "positive", "pos", ">50k")
_PREFIX = re.compile(r"^(y|is|label|target|has)_(?=[A-Za-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Tasks:
    """The tasks of the towers.

    Attributes:
        model: ESMM, FUNNEL of three steps or more, MMOE, or ONE label.
        labels: labels in the order of their towers.
        towers: names of the towers.
        why: a sentence for the config.
        not_observed: labels that are missing in some rows, which then do not count.
    """

    model: str
    labels: tuple[LabelFacts, ...]
    towers: tuple[str, ...]
    why: str
    not_observed: tuple[str, ...] = ()


def check_labels(engine: Engine, source: Source, table: TableFacts) -> None:
    """Refuses labels that nothing can be learned from, all of them in one message.

    Raises:
        DataError: there are no rows, or a label is not 0 or 1, or the same in every row.
    """
    if not table.rows:
        raise DataError(f"{source.paths}: there are no rows; expected a table with some")
    mistakes = [mistake for label in table.labels if (mistake := _mistake(engine, source, label, table.rows))]
    names = [label.name for label in table.labels]
    for at, one in enumerate(table.labels):
        for other in table.labels[at + 1 :]:
            are_whole = one.ones and one.missing == other.missing == 0
            if are_whole and one.ones == other.ones == table.both[one.name, other.name]:
                mistakes.append(f'labels "{one.name}" and "{other.name}" are equal in every row; name one of them')
    assert len(set(names)) == len(names)
    if mistakes:
        raise DataError("\n".join(f"{source.paths}: {mistake}" for mistake in mistakes))


def _mistake(engine: Engine, source: Source, label: LabelFacts, rows: int) -> str:
    where = f'label "{label.name}"'
    if label.others:
        came = odd_values(engine, source, label.name)
        shown = ", ".join(f'"{value}" ({n:,} rows)' for value, n in came)
        is_number = source.columns[source.names.index(label.name)][1] != "VARCHAR"
        yes = next((value for value, _ in came if value.lower() in _YES), came[-1][0])
        if is_number:
            # Where no row has a 0, as where 1 and 2 stand for yes and no, nobody knows which of them it is.
            condition = "> 0" if label.zeros or any(value.startswith("-") for value, _ in came) else "= 1"
        else:
            condition = f"= '{yes}'"
        return (
            f"{where}: expected 0 and 1 in every row, got {shown}; write it so, such as with DuckDB: "
            f'CASE WHEN "{label.name}" {condition} THEN 1 ELSE 0 END'
        )
    if label.missing == rows:
        return f"{where} has no value in any row; expected 0 and 1"
    if not label.ones or not label.zeros:
        which = 0 if label.zeros else 1
        return f"{where} is {which} in every row; nothing is learned from that: expected rows with 0 and rows with 1"
    return ""


def decide_tasks(source: Source, table: TableFacts) -> Tasks:
    """Returns the tasks: a funnel where each label implies the one before it in every row, else tasks of their own.

    Raises:
        DataError: a step of a funnel is missing where the step before it is 0.
    """
    by_rows = sorted(table.labels, key=lambda label: -label.ones)
    if len(by_rows) == 1:
        return Tasks(ONE, table.labels, _towers(table.labels), f"One label, {by_rows[0].name}.", _missing(table.labels))
    steps = list(itertools.pairwise(by_rows))
    contradictions = [later.ones - table.both[earlier.name, later.name] for earlier, later in steps]
    if any(contradictions):
        return Tasks(MMOE, table.labels, _towers(table.labels), _why(steps, contradictions), _missing(table.labels))
    for earlier, later in steps:
        if later.missing and table.missing_and_one[later.name, earlier.name] < later.missing:
            raise DataError(
                f'{source.paths}: label "{later.name}" has no value in {later.missing:,} rows, some of them without '
                f"{earlier.name}; there it is known: write 0. Leave it empty only where nobody knows it"
            )
    chain = " -> ".join(label.name for label in by_rows)
    why = f"A funnel, {chain}: in every row a later one is 1 only where those before it are."
    towers = ("ctr", "cvr") if len(by_rows) == 2 else _towers(by_rows)
    return Tasks(ESMM if len(by_rows) == 2 else FUNNEL, tuple(by_rows), towers, why, _missing(by_rows))


def _why(steps: Sequence[tuple[LabelFacts, LabelFacts]], contradictions: Sequence[int]) -> str:
    """Returns why labels are no funnel."""
    (earlier, later), rows = max(zip(steps, contradictions, strict=True), key=lambda pair: pair[1])
    why = f"No funnel: {later.name} is 1 and {earlier.name} 0 in {rows:,} rows. So each label is a task of its own."
    if rows <= _FEW_CONTRADICTIONS * later.ones:
        why += " If these rows are mistakes of the log, correct them, and init makes a funnel of it (ESMM)."
    return why


def _missing(labels: Sequence[LabelFacts]) -> tuple[str, ...]:
    return tuple(label.name for label in labels if label.missing)


def _towers(labels: Sequence[LabelFacts]) -> tuple[str, ...]:
    """Returns names of towers: those of the labels as far as a tower may have them."""
    made: list[str] = []
    for at, label in enumerate(labels):
        name = re.sub(r"[^A-Za-z0-9_]+", "_", _PREFIX.sub("", label.name)).strip("_")
        if not re.match(r"[A-Za-z]", name) or name in made or name.lower() in ("ctcvr",):
            name = f"task_{at + 1}"
        made.append(name)
    return tuple(made)


def best_metric(tasks: Tasks) -> str:
    """Returns the metric that chooses the checkpoint: of the whole funnel, if its last step is frequent enough."""
    first, last = tasks.towers[0], tasks.towers[-1]
    if _is_frequent(tasks):
        return "auc_ctcvr" if tasks.model == ESMM else f"auc_{first}_to_{last}"
    return f"auc_{first}"


def score_outputs(tasks: Tasks) -> list[str]:
    """Returns the outputs whose sum rows are ranked by, where a config says no other score."""
    first, *later = tasks.towers
    if tasks.model == ESMM:
        return [f"probs_{first}", "probs_ctcvr"]
    if tasks.model == FUNNEL:
        return [f"probs_{first}", *(f"probs_{first}_to_{tower}" for tower in later)]
    return [f"probs_{tower}" for tower in tasks.towers]


def said_of_score(tasks: Tasks) -> str:
    """Returns what rows are ranked by, and where that is changed; "" for one label."""
    if tasks.model == ONE:
        return ""
    outputs = score_outputs(tasks)
    what = "" if tasks.model in (ESMM, FUNNEL) else ": the labels alike, though they are no funnel"
    return (
        f"Rows are ranked by score = {' + '.join(outputs)}{what}. Other weights: model_config.score, which may change "
        "without training again."
    )


def why_best(tasks: Tasks) -> str:
    """Returns that the metric chooses the checkpoint, and which of several labels it looks at."""
    what = "chooses the best checkpoint"
    if tasks.model == ONE:
        return what
    if _is_frequent(tasks):
        return f"{what}, by the whole funnel"
    label = tasks.labels[0].name
    because = "the first --label" if tasks.model == MMOE else f"as {tasks.labels[-1].name} is rare"
    return f"{what}, by {label} alone: {because}"


def _is_frequent(tasks: Tasks) -> bool:
    return tasks.model in (ESMM, FUNNEL) and tasks.labels[-1].ones >= 10 * _LEAST_CONVERSIONS


def said_of_label(label: LabelFacts, rows: int) -> str:
    """Returns in how many rows a label is 1, and in how many it is missing."""
    missing = f" It is missing in {label.missing:,}, which do not count." if label.missing else ""
    return f"{label.name} is 1 in {label.ones:,} rows ({label.ones / rows:.2%}).{missing}"
