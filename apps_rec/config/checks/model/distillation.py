"""Checks of distillation: outputs, soft labels and what their losses need."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apps_rec.config.checks.context import Context
from apps_rec.config.checks.model.towers import check_space_value
from apps_rec.config.report import quoted
from apps_rec.config.tasks.distillation import Student, label_dim, soft_labels_of, students
from apps_rec.protos.loss_pb2 import Kd

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def check_distillation(context: Context) -> None:
    """Reports the mistakes of each kd, and of their names together."""
    if not context.rank.task_towers:
        return
    given = context.config.model_config.kd
    paths = [f"model_config.kd[{at}]" for at in range(len(given))]
    known = students(context.rank)
    for path, kd in zip(paths, given, strict=True):
        _kd(context, path, kd, known)
    own = ((kd.loss_name, f"{path}.loss_name") for path, kd in zip(paths, given, strict=True))
    context.unique(own, "loss of kd")
    towers = {tower.tower_name for tower in context.rank.task_towers}
    for path, kd in zip(paths, given, strict=True):
        if kd.loss_name in towers or kd.loss_name.partition("_")[0] in ("ips", "dr", "imputation", "l2", "embedding"):
            text = f'"loss_{kd.loss_name}" may be the name of another loss; expected another name, such as "kd_ctr".'
            context.report.error(f"{path}.loss_name", text)
        elif kd.loss_name and not _NAME.match(kd.loss_name):
            text = f'expected a letter, then letters, digits and "_", got "{kd.loss_name}".'
            context.report.error(f"{path}.loss_name", text)


def _kd(context: Context, path: str, kd: Kd, known: dict[str, Student]) -> None:
    report = context.report
    context.in_ranges(kd, path)
    for name, what in (("loss_type", "such as CROSS_ENTROPY_LOSS"), ("pred_name", f"one of {quoted(known)}")):
        if not kd.HasField(name):
            report.missing(path, name, what)
    student = known.get(kd.pred_name)
    if student is None and kd.pred_name:
        text = f'no output "{kd.pred_name}" can learn soft labels; there are {quoted(known)}.'
        report.error(f"{path}.pred_name", text, got=kd.pred_name, among=known)
    if student is not None:
        _forms(context, path, kd, student)
    _soft_labels(context, path, kd, student)
    _space(context, path, kd)


def _forms(context: Context, path: str, kd: Kd, student: Student) -> None:
    """Reports a loss that does not go with the output, or with what the soft labels are."""
    report, loss = context.report, Kd.Form.Name(kd.loss_type)
    if not kd.HasField("loss_type"):
        return
    if kd.pred_is_logits != student.is_logits:
        text = f"expected {_text(student.is_logits)}: {kd.pred_name} holds {_what(student.is_logits)}."
        report.error(f"{path}.pred_is_logits", text)
    if kd.loss_type == Kd.L2_LOSS:
        if kd.label_is_logits != student.is_logits:
            text = (
                f"L2_LOSS compares them as they are; expected {_text(student.is_logits)}, as {kd.pred_name} holds"
                f" {_what(student.is_logits)}."
            )
            report.error(f"{path}.label_is_logits", text)
    elif student.is_number:
        report.error(f"{path}.loss_type", f"{kd.pred_name} is a number, which only L2_LOSS compares, got {loss}.")
    elif kd.loss_type == Kd.CLASSIFICATION and kd.label_is_logits:
        text = "CLASSIFICATION takes probabilities; expected false, or CROSS_ENTROPY_LOSS for logits."
        report.error(f"{path}.label_is_logits", text)
    elif kd.loss_type == Kd.BINARY_CROSS_ENTROPY_LOSS and student.width:
        text = f"{loss} is of one logit, and {kd.pred_name} has {student.width}; expected CROSS_ENTROPY_LOSS."
        report.error(f"{path}.loss_type", text)
    if kd.loss_type in (Kd.L2_LOSS, Kd.CLASSIFICATION) and kd.temperature != 1:
        text = f"{loss} has no temperature; expected 1, got {kd.temperature:g}, or CROSS_ENTROPY_LOSS."
        report.error(f"{path}.temperature", text)


def _text(value: bool) -> str:
    return "true" if value else "false"


def _what(is_logits: bool) -> str:
    return "logits" if is_logits else "probabilities"


def _soft_labels(context: Context, path: str, kd: Kd, student: Student | None) -> None:
    report, width = context.report, student.width if student is not None else 0
    if kd.soft_label_names and kd.HasField("soft_label_name"):
        report.error(f"{path}.soft_label_name", "soft_label_names are given too; expected one of them.")
        return
    if not any(soft_labels_of(kd)):
        name = "soft_label_names" if width else "soft_label_name"
        report.missing(path, name, f"one of label_fields{' for each class' if width else ''}")
        return
    held = label_dim(context.config.data_config, kd.soft_label_name) if kd.soft_label_name else 0
    if kd.soft_label_name and held != (width or 1) and student is not None:
        wanted = (
            f"its label_dim to be {width}, or soft_label_names with a column for each class" if width else "one number"
        )
        text = f'{kd.pred_name} has {width or 1} and a cell of "{kd.soft_label_name}" holds {held}; expected {wanted}.'
        report.error(f"{path}.soft_label_name", text)
    elif width and kd.soft_label_names and len(kd.soft_label_names) != width:
        text = f"{kd.pred_name} has {width} classes; expected soft_label_names with a column for each."
        report.error(f"{path}.soft_label_names", text)
    elif student is not None and not width and kd.soft_label_names:
        report.error(f"{path}.soft_label_names", f"{kd.pred_name} is one number a row; expected soft_label_name.")
    _columns(context, path, kd, soft_labels_of(kd))


def _columns(context: Context, path: str, kd: Kd, names: Sequence[str]) -> None:
    learned = {tower.label_name: tower.tower_name for tower in context.rank.task_towers}
    learned |= {tower.task_space_indicator_label: tower.tower_name for tower in context.rank.task_towers}
    context.without_twins(kd.soft_label_names, f"{path}.soft_label_names")
    for at, name in enumerate(names):
        here = f"{path}.soft_label_names[{at}]" if kd.soft_label_names else f"{path}.soft_label_name"
        context.label(here, name)
        if kd.soft_label_names and label_dim(context.config.data_config, name) != 1:
            report = context.report
            report.error(here, f'a cell of "{name}" holds several numbers; name it by soft_label_name alone.')
        if name in learned:
            text = (
                f'"{name}" is a label of tower "{learned[name]}"; expected the column of another model\'s predictions.'
            )
            context.report.error(here, text)


def _space(context: Context, path: str, kd: Kd) -> None:
    report = context.report
    if kd.HasField("task_space_indicator_name"):
        check_space_value(context, path, kd)
        if kd.in_task_space_weight == kd.out_task_space_weight == 0:
            report.error(f"{path}.in_task_space_weight", "is 0 and out_task_space_weight too, so no row would count.")
        return
    for name in ("task_space_indicator_value", "in_task_space_weight", "out_task_space_weight"):
        if kd.HasField(name):
            report.error(
                f"{path}.{name}", "needs task_space_indicator_name, the column that says which rows it is for."
            )
