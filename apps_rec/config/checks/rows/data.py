"""Checks of data_config: columns, labels, weights, keys, filters, and options of a file format."""

from __future__ import annotations

import os

from apps_rec.config.checks.context import NUMBERS, Context
from apps_rec.config.checks.rows.words import blanks_mistake, parses
from apps_rec.config.files.dates import days_mistake
from apps_rec.config.files.uris import input_mistake, local_mistake, split_paths
from apps_rec.config.tasks.distillation import label_dim, label_separator
from apps_rec.protos.data_pb2 import DataConfig

_PATH = "data_config"
# Options of CSV files that tell whether they are given.
_OF_CSV = ("quoting", "escape_char", "decimal_separator")
# Fields of EasyRec in place of a path.
_OTHER_SOURCES = {"train_input_path": [f"{kind}_train_input" for kind in ("kafka", "datahub", "hive", "binary")]}


def check_data(context: Context) -> None:
    """Reports the mistakes of data_config, and of the paths at the top."""
    data, report = context.config.data_config, context.report
    for name, what in (("train_input_path", "files to train on"), ("model_dir", "a folder for the run")):
        if not getattr(context.config, name).strip() and not (
            name in _OTHER_SOURCES and report.any_refused("", *_OTHER_SOURCES[name])
        ):
            report.missing("", name, what)
    for name in ("train_input_path", "eval_input_path"):
        value = getattr(context.config, name)
        if value.strip() and not all(split_paths(value)) and not os.path.exists(value.strip()):
            report.error(name, f'expected paths separated by commas, got an empty one in "{value}".')
        for part in split_paths(value):
            if mistake := input_mistake(part) or days_mistake(part):
                report.error(name, mistake)
    start = context.config.train_config.fine_tune_checkpoint
    for name, value in (("model_dir", context.config.model_dir), ("train_config.fine_tune_checkpoint", start)):
        if remote := local_mistake(value):
            report.error(name, remote)
    if context.config.HasField("eval_input_path") and not context.config.eval_input_path.strip():
        report.error("eval_input_path", "is empty; expected files, or leave it out.")
    if not data.HasField("input_type"):
        report.missing(_PATH, "input_type", "CSVInput, ParquetInput, TFRecordInput or BatchTFRecordInput")
    context.in_ranges(data, _PATH)
    _format(context)
    _columns(context)
    _labels(context)
    _others(context)
    for at, row_filter in enumerate(data.row_filter):
        _row_filter(context, row_filter, f"{_PATH}.row_filter[{at}]")


def _format(context: Context) -> None:
    data, report = context.config.data_config, context.report
    if data.HasField("input_type") and data.input_type != DataConfig.CSVInput:
        kind = DataConfig.InputType.Name(data.input_type)
        for name in ("quoting", "escape_char", "decimal_separator", "null_words"):
            is_asked = data.HasField(name) if name in _OF_CSV else getattr(data, name)
            if is_asked:
                at = f"{_PATH}.{name}[0]" if name == "null_words" else f"{_PATH}.{name}"
                report.error(at, f"is for CSVInput; input_type is {kind}.")
        if data.HasField("csv_form"):
            _csv(context, data.csv_form, f"{_PATH}.csv_form", has_quotes=True)
    else:
        _csv(context, data, _PATH, has_quotes=data.quoting != DataConfig.NONE)
    if data.HasField("max_bad_row_share") and data.bad_rows == DataConfig.FAIL:
        report.warn(f"{_PATH}.max_bad_row_share", "has no effect: bad_rows is FAIL.")
    if data.HasField("shuffle_buffer_size") and not data.shuffle:
        report.warn(f"{_PATH}.shuffle_buffer_size", "has no effect: shuffle is false.")


def _csv(context: Context, data: DataConfig | DataConfig.CsvForm, path: str, has_quotes: bool) -> None:
    report, separator, escape = context.report, data.separator, data.escape_char
    if not _is_letter(separator) or separator == '"':
        report.error(f"{path}.separator", f'expected one ASCII character between columns, got "{separator}".')
    if escape and (not _is_letter(escape) or escape in (separator, '"')):
        taken = "other than the separator and the double quote"
        report.error(f"{path}.escape_char", f'expected one ASCII character {taken}, got "{escape}".')
    if data.decimal_separator not in (".", ","):
        report.error(f"{path}.decimal_separator", f'expected "." or ",", got "{data.decimal_separator}".')
    elif data.decimal_separator == separator and not has_quotes and not escape:
        text = f'"{separator}" is the separator between columns too, and quoting: NONE does not keep them apart.'
        report.error(f"{path}.decimal_separator", text)
    context.without_twins(data.null_words, f"{path}.null_words")
    for at, word in enumerate(data.null_words):
        where = f"{path}.null_words[{at}]"
        if not word:
            report.error(where, "an empty cell is a missing value anyway; expected a word.")
        elif escape and escape in word:
            text = (
                f'"{word}" holds the escape_char, which takes no part in a cell: "{word.replace(escape, "")}" is left.'
            )
            report.error(where, text)


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n"


def _columns(context: Context) -> None:
    data, report = context.config.data_config, context.report
    if not data.input_fields:
        report.missing(_PATH, "input_fields", "the columns of the data")
    paths = [
        (column.input_name, f"{_PATH}.input_fields[{at}].input_name") for at, column in enumerate(data.input_fields)
    ]
    context.unique(paths, "column")
    for at, column in enumerate(data.input_fields):
        path = f"{_PATH}.input_fields[{at}]"
        if not column.input_name:
            report.missing(path, "input_name", "the name of a column")
        elif column.HasField("default_val") and not parses(column.default_val, column.input_type):
            kind = DataConfig.FieldType.Name(column.input_type)
            report.error(f"{path}.default_val", f'expected a value of type {kind}, got "{column.default_val}".')
        if column.not_observed and label_dim(data, column.input_name) == 1:
            _not_observed(context, path, column)


def _not_observed(context: Context, path: str, column: DataConfig.Field) -> None:
    report = context.report
    if column.input_name not in context.labels:
        report.error(f"{path}.not_observed", "is for labels; this column is not one of label_fields.")
        return
    context.without_twins(column.not_observed, f"{path}.not_observed")
    for at, text in enumerate(column.not_observed):
        is_number = column.input_type != DataConfig.BOOL and parses(text, column.input_type)
        if text and not (is_number and float(text) not in (0, 1)):
            wanted = (
                '"", an empty cell' if column.input_type == DataConfig.BOOL else '"" or a number other than 0 and 1'
            )
            kind = DataConfig.FieldType.Name(column.input_type)
            report.error(f"{path}.not_observed[{at}]", f'expected {wanted} (the column is {kind}), got "{text}".')


def _labels(context: Context) -> None:
    data, report = context.config.data_config, context.report
    if not data.label_fields:
        report.missing(_PATH, "label_fields", "the columns that hold labels")
    context.without_twins(data.label_fields, f"{_PATH}.label_fields")
    for at, label in enumerate(data.label_fields):
        path = f"{_PATH}.label_fields[{at}]"
        column = context.column(path, label)
        if column is not None and _dim(context, at, label, column) > 1:
            continue
        if column is not None and column.input_type not in NUMBERS:
            kind = DataConfig.FieldType.Name(column.input_type)
            report.error(
                path, f'the column "{label}" of a label must be INT32, INT64, FLOAT, DOUBLE or BOOL, not {kind}.'
            )


def _dim(context: Context, at: int, label: str, column: DataConfig.Field) -> int:
    """Returns the numbers in a cell of a label; reports several where they cannot be."""
    data, report, path = context.config.data_config, context.report, f"{_PATH}.label_dim"
    dim = label_dim(data, label)
    if not at and data.label_dim and len(data.label_dim) != len(data.label_fields):
        text = f"expected one number for each of {len(data.label_fields)} label_fields, got {len(data.label_dim)}."
        report.error(path, text)
    if dim == 1:
        return 1
    readers = [
        tower.tower_name
        for tower in context.rank.task_towers
        if label in (tower.label_name, tower.task_space_indicator_label)
    ]
    separator = label_separator(data, label)
    if not dim:
        report.error(f"{path}[{at}]", "expected 1 or more, got 0.")
    elif readers:
        text = f'tower "{readers[0]}" learns one number of "{label}"; expected 1, got {dim}.'
        report.error(f"{path}[{at}]", text)
    elif column.input_type != DataConfig.STRING:
        kind = DataConfig.FieldType.Name(column.input_type)
        report.error(f"{path}[{at}]", f'the column "{label}" of {dim} numbers is text; expected STRING, got {kind}.')
    elif len(separator.encode()) != 1:
        text = f'expected the character between the {dim} numbers of "{label}", got "{separator}".'
        report.error(f"{_PATH}.label_sep", text)
    elif column.not_observed:
        text = f'"{label}" holds several numbers, which are always known; remove it.'
        report.error(f"{context.column_paths[label]}.not_observed", text)
    return dim


def _others(context: Context) -> None:
    data = context.config.data_config
    context.without_twins(data.key_fields, f"{_PATH}.key_fields")
    for at, key in enumerate(data.key_fields):
        context.column(f"{_PATH}.key_fields[{at}]", key)
    if data.HasField("sample_weight"):
        check_weight(context, f"{_PATH}.sample_weight", data.sample_weight)


def check_weight(context: Context, path: str, name: str) -> None:
    """Reports a column of weights that does not exist or does not hold numbers."""
    column = context.column(path, name)
    if column is not None and column.input_type not in NUMBERS:
        kind = DataConfig.FieldType.Name(column.input_type)
        context.report.error(path, f'the column "{name}" of weights must hold numbers, not {kind}.')


def _row_filter(context: Context, given: DataConfig.RowFilter, path: str) -> None:
    report = context.report
    bounds = [name for name in ("from", "to") if given.HasField(name)]
    ways = [name for name, is_given in (("keep", given.keep), ("drop", given.drop), ("from or to", bounds)) if is_given]
    if len(ways) != 1 and not report.any_broken(path, "keep", "drop", "from", "to"):
        report.error(path, f"expected one of keep, drop, and from or to, got {' and '.join(ways) or 'none'}.")
    context.without_twins((DataConfig.RowFilter.Use.Name(use) for use in given.use), f"{path}.use")
    if not given.column:
        report.missing(path, "column", "the column whose value decides")
        return
    column = context.column(f"{path}.column", given.column)
    if column is None:
        return
    for name in ("keep", "drop"):
        for at, value in enumerate(getattr(given, name)):
            if not parses(value, column.input_type):
                kind = DataConfig.FieldType.Name(column.input_type)
                report.error(f"{path}.{name}[{at}]", f'expected a value of type {kind}, got "{value}".')
            elif column.input_type == DataConfig.STRING and (mistake := blanks_mistake(value)):
                report.error(f"{path}.{name}[{at}]", mistake)
    for name in bounds:
        check_bound(context, f"{path}.{name}", getattr(given, name), column)


def check_bound(context: Context, path: str, text: str, column: DataConfig.Field) -> None:
    """Reports a bound that the values of a column cannot be compared with."""
    kind = DataConfig.FieldType.Name(column.input_type)
    if column.input_type == DataConfig.BOOL:
        context.report.error(
            path, f'the column "{column.input_name}" is BOOL, which has no order; expected keep or drop.'
        )
    elif not parses(text, column.input_type):
        context.report.error(path, f'expected a value of type {kind}, got "{text}".')
    elif column.input_type == DataConfig.STRING and not any(c in "0123456789" for c in text):
        text = f'texts are compared digit for digit: expected one with digits, such as 2026-11-01, got "{text}".'
        context.report.error(path, text)
