"""Towers of a model's tasks, and which of them read each other."""

from __future__ import annotations

from collections.abc import Sequence

from apps_rec.layers import RelationTower, Tower
from apps_rec.models.heads import Head
from apps_rec.models.specs import DnnSpec, FmSpec, PositionSpec, Task
from apps_rec.names import scope_name


def make_tower(dnn: DnnSpec | None, l2: float, dtype: str | None, name: str, num_logits: int = 1) -> Tower:
    """Makes a tower that reads no other."""
    if dnn is None:
        # Only logits, which are float32: under the policy Keras would round their input.
        return Tower(l2=l2, num_logits=num_logits, name=name)
    return Tower(**dnn.arguments(), l2=l2, num_logits=num_logits, name=name, dtype=dtype)


def task_towers(tasks: Sequence[Task], l2: float, dtype: str | None) -> dict[str, Tower | RelationTower]:
    """Makes the tower of each task, by the task's name; a task that reads another, or is read, has a RelationTower.

    Raises:
        ValueError: a tower would read one that does not stand before it.
    """
    related: set[str] = set()
    for at, task in enumerate(tasks):
        before = [other.name for other in tasks[:at]]
        if unknown := [name for name in task.relations if name not in before]:
            raise ValueError(f"task {task.name}: a tower reads only towers before it, {before}. Got {unknown}")
        if task.relations or task.relation_dnn:
            related |= {task.name, *task.relations}
    return {task.name: _task_tower(task, task.name in related, l2, dtype) for task in tasks}


def logits_of_fm(tasks: Sequence[Task], fm: FmSpec | None, wide_dim: int, position: PositionSpec | None) -> int:
    """Returns the number of numbers that an FM adds to each task's logits: as many as these are.

    Raises:
        ValueError: tasks have several numbers of logits, first-order weights another length than theirs, or a position
            tower would add its one number to several.
    """
    counts = {task.num_logits for task in tasks}
    if position is not None and counts != {1}:
        raise ValueError(f"a position tower adds one number, which no softmax sees. Got tasks of {max(counts)} logits")
    if fm is None or fm.into_tower_input:
        return 1
    if counts != {wide_dim}:
        raise ValueError(
            f"an FM adds its first-order weights, of length {wide_dim}, to the logits of each task. Got tasks of "
            f"{sorted(counts)} logits: give one number for all, or let the FM go into the towers' input"
        )
    return wide_dim


def imputation_towers(head: Head, l2: float, dtype: str | None) -> dict[str, Tower]:
    """Makes what imputes the errors of each later step, by its task's name, where the head asks for it."""
    spec = head.counterfactual
    if spec is None or not spec.is_doubly_robust:
        return {}
    names = [task.name for task in head.tasks[1:]]
    return {name: make_tower(spec.imputation, l2, dtype, f"imputation_{scope_name(name)}") for name in names}


def _task_tower(task: Task, is_related: bool, l2: float, dtype: str | None) -> Tower | RelationTower:
    name = f"tower_{scope_name(task.name)}"
    if not is_related:
        return make_tower(task.dnn, l2, dtype, name, task.num_logits)
    dnn, relation_dnn = (given.arguments() if given else None for given in (task.dnn, task.relation_dnn))
    # Without a network there are only logits, as in make_tower.
    policy = dtype if dnn or relation_dnn else None
    return RelationTower(dnn, relation_dnn, num_logits=task.num_logits, l2=l2, name=name, dtype=policy)
