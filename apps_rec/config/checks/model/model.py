"""Checks of the model: body, FM, networks, score."""

from __future__ import annotations

from apps_rec.config.bodies import BODIES, body_of
from apps_rec.config.checks.context import Context
from apps_rec.config.checks.model.dnn import check_dnn
from apps_rec.config.defaults import dnns_by_path
from apps_rec.config.outputs import score_outputs
from apps_rec.config.report import quoted
from apps_rec.config.rewrite import RANK
from apps_rec.config.tasks.kinds import logits_of
from apps_rec.protos.network_pb2 import FmTerm


def check_model(context: Context) -> None:
    """Reports the mistakes of the parts of the model, except groups, towers and metrics."""
    report, rank = context.report, context.rank
    context.in_ranges(context.config.model_config, "model_config")
    if context.config.model_config.HasField("variational_dropout"):
        context.in_ranges(context.config.model_config.variational_dropout, "model_config.variational_dropout")
    context.in_ranges(rank, RANK)
    for path, dnn in dnns_by_path(rank):
        check_dnn(context, dnn, path)  # type: ignore[arg-type]
    _body(context)
    if not rank.HasField("body") and not rank.HasField("fm") and not report.any_broken(RANK, "body", "fm"):
        report.error(RANK, "has neither body nor fm, so nothing reads the features; expected one of them or both.")
    if not rank.HasField("body") and rank.HasField("fm") and rank.fm.output == FmTerm.LOGIT:
        _towers_without_input(context)
    if rank.HasField("fm"):
        _wide(context)
    _score(context)


def _wide(context: Context) -> None:
    fm, path = context.rank.fm, f"{RANK}.fm.wide_output_dim"
    if not fm.wide_output_dim:
        context.report.error(path, "expected at least 1, got 0.")
    elif fm.output == FmTerm.LOGIT:
        _added(context, path)
    if not fm.pairwise and fm.HasField("group_name"):
        context.report.error(f"{RANK}.fm.group_name", "pairwise is false, so nothing reads this group; delete one.")


def _added(context: Context, path: str) -> None:
    """Reports first-order weights that are not as long as the logits that they are added to are many."""
    fm, towers = context.rank.fm, context.rank.task_towers
    counts = {logits_of(tower): tower.tower_name for tower in towers}
    if context.rank.head.HasField("funnel"):
        counts = {1: ""}
    if len(counts) > 1:
        (one, first), (two, second) = list(counts.items())[:2]
        text = f'is added to the logits of each tower; "{first}" has {one}, "{second}" {two}; expected one number of'
        context.report.error(f"{RANK}.fm", f"{text} them, or output: TOWER_INPUT.")
        return
    count = next(iter(counts), 1)
    if fm.wide_output_dim != count:
        many = "the logit, one number" if count == 1 else f"the {count} logits"
        text = f"first-order weights are added to {many}; expected {count}, got {fm.wide_output_dim}, or a network"
        context.report.error(path, f"{text} behind them: final_dnn, and in rank_model output: TOWER_INPUT.")


def _body(context: Context) -> None:
    report, rank = context.report, context.rank
    if not rank.HasField("body"):
        return
    found = body_of(rank)
    if found is None:
        path = f"{RANK}.body"
        if not report.any_broken(path, *BODIES):
            report.error(path, f"is empty; expected {' or '.join(f'{name} {{ }}' for name in BODIES)}.")
        return
    row, body, path = found
    if body.groups and body.HasField("group_name"):
        report.error(
            f"{path}.group_name", "groups are given too, and they say what the body reads; expected one of them."
        )
    context.unique(((g.input, f"{path}.groups[{at}].input") for at, g in enumerate(body.groups)), "part of the body")
    for at, group in enumerate(body.groups):
        if not group.input:
            report.missing(f"{path}.groups[{at}]", "input", "the name of a feature group")
    row.check(context, body, path)


def _towers_without_input(context: Context) -> None:
    """Reports towers with a network but no input: without a body the FM alone makes the logit."""
    for at, tower in enumerate(context.rank.task_towers):
        path = f"{RANK}.task_towers[{at}]"
        given = [name for name in ("dnn", "relation_dnn") if tower.HasField(name)]
        if given or tower.relation_tower_names:
            what = "this network has" if given else "towers have"
            text = f"there is no body, so {what} no input; expected a body, or fm {{ output: TOWER_INPUT }}."
            context.report.error(f"{path}.{(given or ['relation_tower_names'])[0]}", text)


def _score(context: Context) -> None:
    known = score_outputs(context.config)
    score = context.config.model_config.score
    if not context.rank.task_towers:
        return
    for at, term in enumerate(score):
        path = f"model_config.score[{at}]"
        if not term.output:
            context.report.missing(path, "output", f"one of {quoted(known)}")
        elif term.output not in known:
            text = f'the model has no output "{term.output}" to rank by; there are {quoted(known)}.'
            context.report.error(f"{path}.output", text, got=term.output, among=known)
    context.unique(((term.output, f"model_config.score[{at}].output") for at, term in enumerate(score)), "score term")
