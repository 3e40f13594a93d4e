"""Opens the stream of rows that a job of a config reads, or judges all of these rows one by one."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from apps_rec.config.passes import PASSES, TRAIN, VALIDATE, has_holdout, input_field
from apps_rec.data.files import data_files
from apps_rec.data.formats.partitions import read_rows
from apps_rec.data.formats.table import FORMATS
from apps_rec.data.rows.counts import RowCounts
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.rows.validate import OnBad, RowGate, Rows
from apps_rec.data.schema import Schema, with_slices
from apps_rec.data.schema_of_config import build_schema, number_lists
from apps_rec.data.values.number_lists import MOST_NUMBERS, holds_whole_numbers
from apps_rec.errors import ConfigError, DataError
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def open_stream(
    config: PipelineConfig,
    purpose: str,
    *,
    columns: Sequence[str] = (),
    batch_size: int | None = None,
    keep: Sequence[str] = (),
    with_number_lists: bool = False,
) -> RowStream:
    """Opens the stream of the rows that a pass reads, see `apps_rec.config.passes`.

    Args:
        config: a normalised config.
        purpose: "train" (shuffled as data_config says), "validate" or "evaluate" (in file order).
        columns: columns of input_fields to hand out beside the users, such as those to evaluate by.
        batch_size: number of rows in place of data_config.batch_size (train) or eval_batch_size (evaluate).
        keep: names of columns to pass through.
        with_number_lists: whether lists that the first file holds as numbers are handed out so, for a Preprocessor.

    Raises:
        ConfigError: a path, fraction, window or column is wrong.
        DataError: files are not there.
    """
    if purpose not in PASSES:
        raise ValueError(f'purpose: expected one of {", ".join(PASSES)}, got "{purpose}"')
    data = config.data_config
    train = purpose == TRAIN
    fraction = data.holdout_fraction
    if not 0 <= fraction < 1:
        raise ConfigError(f"data_config.holdout_fraction: expected 0 or more and less than 1, got {fraction:g}")
    if data.shuffle and data.shuffle_buffer_size < 1:
        raise ConfigError(
            f"data_config.shuffle_buffer_size: expected 1 or more, got {data.shuffle_buffer_size}; "
            "use shuffle: false to read in file order"
        )
    field = input_field(data, purpose)
    schema = build_schema(config, purpose)
    files = data_files(getattr(config, field), field, data.input_timeout_seconds)
    if with_number_lists:
        schema = replace(schema, number_lists=_number_lists(config, schema, purpose, files[0]))
    return RowStream(
        files,
        functools.reduce(with_slices, columns, schema),
        batch_size or (data.batch_size if train else data.eval_batch_size),
        shuffle=train and data.shuffle,
        window=max(1, data.shuffle_buffer_size),
        seed=config.train_config.seed,
        holdout_fraction=fraction,
        holdout_part=_part(data, purpose),
        drop_remainder=train and data.drop_remainder,
        keep=keep,
    )


def _number_lists(config: PipelineConfig, schema: Schema, purpose: str, path: str) -> dict[str, int]:
    """Returns the columns that a file holds as lists of whole numbers, as many as a row may hold, with their widths."""
    types_of = FORMATS[schema.input_type].types
    types = types_of(path) if types_of else {}
    widths: dict[str, int] = {}
    for name, width in number_lists(config, schema, purpose).items():
        (stored,) = schema.in_files([name])
        if stored in types and holds_whole_numbers(types[stored]) and sum(widths.values()) + width <= MOST_NUMBERS:
            widths[name] = width
    return widths


def judge_rows(
    config: PipelineConfig,
    purpose: str,
    files: Mapping[int, str],
    keep: Sequence[str],
    counts: RowCounts,
    on_bad: OnBad,
    on_failed: Callable[[str, DataError], None],
) -> Iterator[Rows]:
    """Yields the rows of a pass that pass its filters and checks, in file order; bad rows and files end nothing.

    Args:
        config: a normalised config.
        purpose: "train", "validate" or "evaluate".
        files: files to read, each by its place among all files of the pass.
        keep: names of columns to pass through as they are in the files.
        counts: counts, which are added to.
        on_bad: called for bad rows, each once.
        on_failed: called for a file that cannot be read, or not to its end.
    """
    schema = replace(build_schema(config, purpose), bad_rows="SKIP")
    data = config.data_config
    names = schema.read_names(keep)
    stored = schema.in_files(names)
    gate = RowGate(schema, data.holdout_fraction, _part(data, purpose), keep, on_bad)
    for index, path in files.items():
        try:
            for unit in FORMATS[schema.input_type].units([path]):
                for chunk in read_rows(unit, stored, schema):
                    chunk = replace(chunk, data=chunk.data.rename_columns(names))
                    yield gate.admit(chunk, path, index, counts)
        except DataError as error:
            on_failed(path, error)


def _part(data: DataConfig, purpose: str) -> str | None:
    return {TRAIN: "train", VALIDATE: "holdout"}.get(purpose) if has_holdout(data) else None
