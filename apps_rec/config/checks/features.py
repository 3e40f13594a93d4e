"""Checks of one feature at a time: its options, its columns, its numbers."""

from __future__ import annotations

import os
from collections.abc import Container

from apps_rec.config.checks.context import INTEGERS, NUMBERS, Context
from apps_rec.config.checks.rows.expressions import check_expression
from apps_rec.config.checks.rows.lookups import check_combo, check_lookup, check_pooling
from apps_rec.config.checks.rows.numbers import check_number
from apps_rec.config.checks.rows.sequences import check_sequence
from apps_rec.config.checks.rows.words import parses, word_mistake
from apps_rec.config.features import (
    article,
    gives_ids,
    id_spaces_of,
    list_separators,
    options_of_some,
    type_of,
    types_with,
)
from apps_rec.config.files.uris import local_mistake
from apps_rec.config.report import quoted
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.feature_pb2 import FeatureConfig

ID, RAW, TAG = FeatureConfig.IdFeature, FeatureConfig.RawFeature, FeatureConfig.TagFeature
COMBO, SEQUENCE, EXPR = FeatureConfig.ComboFeature, FeatureConfig.SequenceFeature, FeatureConfig.ExprFeature
LOOKUP, LOOKUP_RAW = FeatureConfig.LookupFeature, FeatureConfig.LookupRawFeature

# Largest dimension of a variable that all devices take, less one row for the unknown.
_MOST_IDS = 2**31 - 2
# Digits behind the point that a DOUBLE of this size still tells apart.
_MOST_DIGITS = 15


def given(feature: FeatureConfig, name: str) -> bool:
    """Tells whether the config gives an option."""
    if feature.DESCRIPTOR.fields_by_name[name].is_repeated:
        return bool(getattr(feature, name))
    return feature.HasField(name)


def check_features(context: Context) -> None:
    """Reports the mistakes of each feature by itself."""
    if not context.config.feature_config.features:
        context.report.missing("", "feature_config.features", "at least one feature")
    context.unique(((f.feature_name, path) for path, f in context.each_feature()), "feature")
    for path, feature in context.each_feature():
        _feature(context, path, feature)


def _feature(context: Context, path: str, feature: FeatureConfig) -> None:
    report = context.report
    if not feature.input_names:
        report.missing(path, "input_names", "the column it reads")
    if report.is_broken(f"{path}.feature_type"):
        return
    kind = FeatureConfig.FeatureType.Name(feature.feature_type)
    for name in options_of_some():
        if given(feature, name) and name not in type_of(feature).options:
            report.error(f"{path}.{name}", f"is for {' or '.join(types_with(name))}; this is {article(kind)}.")
    if feature.HasField("precision"):
        context.within(feature, path, "precision", 1, _MOST_DIGITS)
    _inputs(context, path, feature, kind)
    if type_of(feature).id_spaces and gives_ids(feature):
        _id_space(context, path, feature, kind)
    else:
        check_number(context, path, feature)
    if type_of(feature).is_list:
        _list(context, path, feature)
    if feature.feature_type == EXPR:
        check_expression(context, path, feature)
    if feature.feature_type == COMBO:
        check_combo(context, path, feature)
    if feature.feature_type in (LOOKUP, LOOKUP_RAW):
        check_lookup(context, path, feature)


def _inputs(context: Context, path: str, feature: FeatureConfig, kind: str) -> None:
    report, count = context.report, len(feature.input_names)
    row = type_of(feature)
    if count and not row.least <= count <= (row.most or count):
        report.error(f"{path}.input_names", f"{article(kind)} reads {row.columns}, got {count}.")
    context.without_twins(feature.input_names, f"{path}.input_names")
    lists = list_separators(feature)
    for at, name in enumerate(feature.input_names):
        here = f"{path}.input_names[{at}]"
        if name in context.labels:
            report.error(here, f'"{name}" is a label; a model that reads it would know the answer.')
            continue
        column = context.column(here, name)
        wrong = None if column is None else _misfit(feature, column, lists)
        if column is not None and wrong:
            type_name = DataConfig.FieldType.Name(column.input_type)
            report.error(
                here, f'the column "{name}" is {type_name} ({report.line(context.column_paths[name])}): {wrong}'
            )


def _misfit(feature: FeatureConfig, column: DataConfig.Field, lists: Container[str]) -> str:
    """Returns why a column's type does not fit a feature; "" where it fits.

    Args:
        feature: feature.
        column: column that it reads.
        lists: columns of which it reads several values in a cell.
    """
    kind, of = feature.feature_type, column.input_type
    if kind == RAW and feature.raw_input_dim > 1:
        if of != DataConfig.STRING:
            return "raw_input_dim above 1 reads several numbers from one STRING."
        parts = column.default_val.split(feature.separator) if column.default_val and feature.separator else []
        if parts and (len(parts) != feature.raw_input_dim or not all(parses(p, DataConfig.DOUBLE) for p in parts)):
            return f'its default_val "{column.default_val}" is not {feature.raw_input_dim} numbers.'
    elif kind in (RAW, EXPR) and of not in NUMBERS:
        name = article(FeatureConfig.FeatureType.Name(kind))
        return f"{name} reads numbers; expected INT32, INT64, FLOAT, DOUBLE or BOOL."
    elif column.input_name in lists and of != DataConfig.STRING:
        return "lists are read as STRING, their values joined by the separator."
    elif kind == ID and feature.HasField("num_buckets") and of not in INTEGERS:
        return "num_buckets needs INT32 or INT64."
    elif kind in (ID, COMBO, LOOKUP, LOOKUP_RAW) and of in (DataConfig.FLOAT, DataConfig.DOUBLE):
        if kind != ID or not feature.hash_bucket_size:
            return "an id is a word or a whole number; cut numbers at boundaries of a RawFeature."
        if not feature.HasField("precision"):
            return (
                "an id is a word or a whole number; cut numbers at boundaries of a RawFeature, or give precision, the"
                " number of digits behind the point that are hashed."
            )
    return ""


def _id_space(context: Context, path: str, feature: FeatureConfig, kind: str) -> None:
    report = context.report
    choices = id_spaces_of(feature)
    named = [name for name in choices if given(feature, name)]
    if not named and not report.any_broken(path, *choices):
        wanted = "hash_bucket_size" if len(choices) == 1 else f"exactly one of {quoted(choices)}"
        report.error(path, f"{article(kind)} needs {wanted}, got none.")
    elif len(named) > 1:
        report.error(path, f"expected exactly one of {quoted(choices)}, got {' and '.join(named)}.")
    for name in ("hash_bucket_size", "num_buckets"):
        if name in named:
            context.within(feature, path, name, 1, _MOST_IDS)
    context.without_twins(feature.vocab_list, f"{path}.vocab_list")
    _words(context, path, feature)
    if feature.HasField("vocab_file"):
        _vocab_file(context, path, feature.vocab_file)
    elif feature.HasField("min_count") and "min_count" in type_of(feature).options:
        report.error(f"{path}.min_count", "needs vocab_file, whose counts it compares.")


def _words(context: Context, path: str, feature: FeatureConfig) -> None:
    """Reports words of a vocabulary that no value of the column can equal: all in the config, the first of a file."""
    at = type_of(feature).map_at or 0
    column = context.columns.get(feature.input_names[at]) if len(feature.input_names) > at else None
    if column is None or _misfit(feature, column, list_separators(feature)):
        return
    in_list = list_separators(feature).get(column.input_name, "")
    for at, word in enumerate(feature.vocab_list):
        if mistake := word_mistake(word, column.input_type, in_list):
            context.report.error(f"{path}.vocab_list[{at}]", mistake)
    if not (context.files_here and feature.HasField("vocab_file") and _is_file(feature.vocab_file)):
        return
    try:
        # A file that is not text is refused where it is read.
        with open(feature.vocab_file, encoding="utf-8-sig", errors="replace", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                word = line.rstrip("\r\n").partition("\t")[0]
                if word and (mistake := word_mistake(word, column.input_type, in_list)):
                    context.report.error(f"{path}.vocab_file", f"{feature.vocab_file}:{number}: {mistake}")
                    return
    except OSError as error:
        text = f'the file "{feature.vocab_file}" cannot be read: {error.strerror}.'
        context.report.error(f"{path}.vocab_file", text)


def _is_file(name: str) -> bool:
    return not local_mistake(name) and "\0" not in name and os.path.isfile(name)


def _vocab_file(context: Context, path: str, name: str) -> None:
    if mistake := local_mistake(name):
        context.report.error(f"{path}.vocab_file", mistake)
    elif not context.files_here:
        return
    elif "\0" in name or not os.path.isfile(name):
        context.report.error(f"{path}.vocab_file", f'there is no file "{name}" (paths start at the working directory).')
    elif os.path.getsize(name) == 0:
        context.report.error(f"{path}.vocab_file", f'the file "{name}" is empty; expected one word a line.')


def _list(context: Context, path: str, feature: FeatureConfig) -> None:
    report = context.report
    context.above_zero(feature, path, "max_seq_len")
    if not feature.separator and type_of(feature).id_spaces and gives_ids(feature):
        report.error(f"{path}.separator", "is empty; expected at least one character.")
    if feature.feature_type == TAG and feature.HasField("kv_separator"):
        if not feature.kv_separator or feature.kv_separator == feature.separator:
            report.error(f"{path}.kv_separator", f'expected a text other than separator "{feature.separator}".')
        if len(feature.input_names) > 1:
            report.error(f"{path}.kv_separator", "weights come from it or from a second input, not from both.")
    if feature.feature_type == TAG:
        check_pooling(context, path, feature)
    if feature.feature_type == SEQUENCE:
        check_sequence(context, path, feature)
