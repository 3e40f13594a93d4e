"""Bodies and losses of one's own: what a config says of them, held against the rows that plugins gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps_rec import plugins
from apps_rec.config.report import Report, quoted
from apps_rec.config.rewrite import RANK
from apps_rec.plugins.check import KINDS
from apps_rec.plugins.rows import Value
from apps_rec.protos.loss_pb2 import CustomLoss, Param
from apps_rec.protos.model_pb2 import RankModel
from apps_rec.protos.network_pb2 import CounterfactualRisk, CustomBody, FmTerm

if TYPE_CHECKING:
    from apps_rec.config.checks.context import Context

# The fields of Param that hold a value of a type; a whole number is a number too.
_FIELDS = {
    bool: ("bool_value",),
    int: ("int_value",),
    float: ("float_value", "int_value"),
    str: ("string_value",),
}
_LISTS = {int: ("int_values",), float: ("float_values", "int_values"), str: ("string_values",)}


def arguments(params: Sequence[Param], declared: Mapping[str, Value | type]) -> dict[str, Value]:
    """Returns the arguments of a body or loss by name: those that the config gives, else the defaults of its row."""
    found = {name: default for name, default in declared.items() if not isinstance(default, type)}
    for param in params:
        (field, value) = next((field, value) for field, value in param.ListFields() if field.name != "name")
        default = declared[param.name]
        kind = default if isinstance(default, type) else type(default[0] if isinstance(default, tuple) else default)
        found[param.name] = tuple(kind(one) for one in value) if field.is_repeated else kind(value)
    return found


def body_arguments(message: CustomBody) -> dict[str, Value]:
    """Returns the arguments of a body of one's own."""
    return arguments(message.params, plugins.bodies()[message.name].params)


def loss_arguments(message: CustomLoss) -> dict[str, Value]:
    """Returns the arguments of a loss of one's own; without its plugin there are none."""
    row = plugins.losses().get(message.name)
    return arguments(message.params, row.params) if row is not None else {}


def makes_logits(rank: RankModel) -> bool:
    """Tells whether the body is one's own and returns the logits themselves, as far as its plugin is loaded."""
    row = plugins.bodies().get(rank.body.custom.name) if rank.body.HasField("custom") else None
    return row is not None and row.makes_logits


def check_body(context: Context, message: CustomBody, path: str) -> None:
    """Reports a name that no plugin gives, wrong arguments, and towers of a body that makes the logits itself."""
    row = _row(context, message, path, "BODIES", plugins.bodies())
    if row is None:
        return
    _check_params(context.report, message.params, path, row.params, f'the body "{message.name}"')
    if row.makes_logits:
        _without_towers(context, message.name)


def check_loss(context: Context, message: CustomLoss, path: str) -> None:
    """Reports a name that no plugin gives, wrong arguments, and a kind that there is not or that it does not train."""
    if message.kind not in KINDS:
        text = f'expected {", ".join(KINDS)}; got "{message.kind}".'
        context.report.error(f"{path}.kind", text, got=message.kind, among=KINDS)
    row = _row(context, message, path, "LOSSES", plugins.losses())
    if row is None:
        return
    _check_params(context.report, message.params, path, row.params, f'the loss "{message.name}"')
    if message.kind in KINDS and message.kind not in row.kinds:
        text = f'the loss "{message.name}" is not for a task of the kind {message.kind}; expected {quoted(row.kinds)}.'
        context.report.error(f"{path}.kind" if message.HasField("kind") else path, text)


def _row(context: Context, message: Any, path: str, table: str, known: Mapping[str, Any]) -> Any:
    """Returns the row of a name; where there is none, reports it and returns None."""
    if not message.name:
        context.report.missing(path, "name", f"a key of {table} in a module that --plugin names")
        return None
    row = known.get(message.name)
    # An export's own config is read without its plugins: its graph holds all that they made.
    if row is None and context.files_here:
        what = "body" if table == "BODIES" else "loss"
        text = f'no {what} of one\'s own is called "{message.name}". '
        if plugins.loaded():
            text += f"{table} of {', '.join(plugins.loaded())} have {quoted(known)}."
        else:
            text += f"No plugin is loaded: name the module whose {table} have it, as in --plugin my_team.models."
        context.report.error(f"{path}.name", text, got=message.name, among=known)
    return row


def _check_params(
    report: Report, params: Sequence[Param], path: str, declared: Mapping[str, Value | type], what: str
) -> None:
    """Reports arguments that the row does not have, twice the same, without a value, or of another type."""
    seen: set[str] = set()
    for at, param in enumerate(params):
        here = f"{path}.params[{at}]"
        if not param.name:
            report.missing(here, "name", f"one of {quoted(declared)}")
        elif param.name not in declared:
            text = f'{what} has no argument "{param.name}"; there are {quoted(declared)}.'
            report.error(f"{here}.name", text, got=param.name, among=declared)
        elif param.name in seen:
            report.error(f"{here}.name", f'"{param.name}" is given already; expected it once.')
        else:
            _check_value(report, param, here, declared[param.name])
        seen.add(param.name)
    for name, default in declared.items():
        if isinstance(default, type) and name not in seen:
            text = f'params {{ name: "{name}" {_FIELDS[default][0]}: ... }}, which {what} has no default for'
            report.missing(path, "params", text)


def _check_value(report: Report, param: Param, path: str, default: Value | type) -> None:
    if isinstance(default, tuple):
        wanted = _LISTS[type(default[0])]
    else:
        wanted = _FIELDS[default if isinstance(default, type) else type(default)]
    given = [field.name for field, _ in param.ListFields() if field.name != "name"]
    if len(given) != 1:
        got = " and ".join(given) or "no value"
        report.error(path, f'"{param.name}": expected {wanted[0]}, got {got}.')
    elif given[0] not in wanted:
        report.error(f"{path}.{given[0]}", f'"{param.name}": expected {wanted[0]}.')


def _without_towers(context: Context, name: str) -> None:
    """Reports networks of towers, and what would go into them, beside a body that makes the logits."""
    rank, report = context.rank, context.report
    text = f'the body "{name}" makes the logits itself, and there are no towers; delete it.'
    for at, tower in enumerate(rank.task_towers):
        for field in ("dnn", "relation_dnn"):
            if tower.HasField(field):
                report.error(f"{RANK}.task_towers[{at}].{field}", text)
        if tower.relation_tower_names:
            report.error(f"{RANK}.task_towers[{at}].relation_tower_names", text)
    if rank.HasField("fm") and rank.fm.output == FmTerm.TOWER_INPUT:
        report.error(f"{RANK}.fm.output", f'the body "{name}" makes the logits itself; expected LOGIT.')
    if rank.head.funnel.counterfactual.estimator == CounterfactualRisk.DR:
        text = f'DR asks for a tower, and the body "{name}" makes the logits itself; expected IPS.'
        report.error(f"{RANK}.head.funnel.counterfactual.estimator", text)
