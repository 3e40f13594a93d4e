"""Checks of sizes that no machine can build: they are refused before any memory is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from apps_rec.config.bodies import body_of, places_of
from apps_rec.config.checks.context import Context
from apps_rec.config.checks.tables import id_space
from apps_rec.config.defaults import dnns_by_path
from apps_rec.config.rewrite import RANK
from apps_rec.config.sequences import sequences
from apps_rec.protos.feature_pb2 import FeatureConfig

# Far above what anybody trains, and far below sizes whose product overflows TensorFlow's integers.
_MOST = {"embedding_dim": 65_536, "raw_input_dim": 1_000_000, "max_seq_len": 1_000_000, "sequence_length": 1_000_000}
_MOST_UNITS, _MOST_EXPERTS, _MOST_ROWS = 1_000_000, 1_000, 10_000_000
# Layers of all experts: the graph of each takes a fifth of a second of one core, in training and again in an export.
_MANY_LAYERS = 100
# Bytes of a table in float32, and of all tables. Parameter servers hold a table in parts, a terabyte at most; one
# machine seldom has more than the second number.
_LARGEST_TABLE, _LARGE_TABLES = 2**40, 2**35


def check_sizes(context: Context) -> None:
    """Reports sizes that are too large to use, and warns of tables that few machines hold."""
    data = context.config.data_config
    for name in ("batch_size", "eval_batch_size", "prefetch_size"):
        _at_most(context, f"data_config.{name}", getattr(data, name), _MOST_ROWS)
    for path, feature in context.each_feature():
        for name, most in _MOST.items():
            _at_most(context, f"{path}.{name}", getattr(feature, name), most)
    if context.has_model:
        _networks(context)
    _tables(context)


def _at_most(context: Context, path: str, value: int, most: int) -> None:
    if value > most:
        context.report.error(path, f"expected at most {most:,}, got {value:,}.")


def _networks(context: Context) -> None:
    _at_most(context, f"{RANK}.fm.wide_output_dim", context.rank.fm.wide_output_dim, _MOST["embedding_dim"])
    dnns = [*dnns_by_path(context.rank), *_attentions(context)]
    for path, dnn in dnns:
        for at, units in enumerate(dnn.hidden_units):  # type: ignore[attr-defined]
            _at_most(context, f"{path}.hidden_units[{at}]", units, _MOST_UNITS)
    if found := body_of(context.rank):
        row, body, path = found
        for name, network in row.copies.items():
            for (one, part, own), (_, _, dnn) in zip(
                places_of(body, path, name), places_of(body, path, network), strict=True
            ):
                tasks = len(context.rank.task_towers) if name in row.of_each_task else 1
                _copies(context, f"{one}.{own}", getattr(part, own), tasks, len(getattr(part, dnn).hidden_units))


def _copies(context: Context, path: str, count: int, tasks: int, depth: int) -> None:
    """Reports too many networks, and warns of those that take long to build."""
    _at_most(context, path, count, _MOST_EXPERTS)
    layers = count * tasks * depth
    if layers > _MANY_LAYERS and count <= _MOST_EXPERTS:
        of_tasks = f" for each of {tasks} tasks" if tasks > 1 else ""
        text = (
            f"{count:,} experts of {depth} layers{of_tasks} make a graph of {layers:,} layers, which takes about"
            f" {layers / 5:,.0f} s to build before the first step, and as long at an export; fewer and wider experts"
            " begin sooner."
        )
        context.report.warn(path, text)


def _attentions(context: Context) -> Iterator[tuple[str, object]]:
    for path, feature in context.each_feature():
        if feature.sequence_combiner.HasField("target_attention"):
            yield f"{path}.sequence_combiner.target_attention.dnn", feature.sequence_combiner.target_attention.dnn
    for path, _, sequence in sequences(context.config.model_config):
        yield f"{path}.seq_dnn", sequence.seq_dnn


def _tables(context: Context) -> None:
    """Reports tables that are too large, and warns where all together are large; a shared table counts once."""
    sizes: dict[str, int] = {}
    wide, columns = _wide_tables(context)
    for path, feature in context.each_feature():
        if feature.embedding_name in sizes or feature.embedding_dim > _MOST["embedding_dim"]:
            continue
        own = columns if feature.embedding_name in wide else 0
        size = _rows(feature) * max(feature.embedding_dim + own, 1) * 4
        if size > _LARGEST_TABLE:
            text = f"the table would take {size / 2**40:,.1f} TiB; expected at most 1 TiB, so fewer rows or dimensions."
            context.report.error(path, text)
        else:
            sizes[feature.embedding_name] = size
    if sum(sizes.values()) > _LARGE_TABLES:
        text = f"the tables take {sum(sizes.values()) / 2**30:,.0f} GiB, and two to three times that while they train."
        context.report.warn("feature_config.features", text)


def _wide_tables(context: Context) -> tuple[set[str], int]:
    """Returns the tables that hold first-order weights too, and how many more columns these take."""
    if not context.has_model or not context.rank.HasField("fm"):
        return set(), 0
    fm = context.rank.fm
    members = context.groups[fm.wide_group_name][1].feature_names if fm.wide_group_name in context.groups else ()
    names = {context.features[name][1].embedding_name for name in members if name in context.features}
    return names, min(fm.wide_output_dim, _MOST["embedding_dim"])


def _rows(feature: FeatureConfig) -> int:
    """Returns the number of rows of a feature's table; 0 where the config alone does not say."""
    name, value = id_space(feature) or ("", 0)
    if isinstance(value, int):
        return value
    return len(value) + 1 if name in ("vocab_list", "boundaries") else 0
