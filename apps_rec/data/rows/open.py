"""Opens the stream of rows that a job of a config reads."""

from collections.abc import Sequence

from apps_rec.config.passes import PASSES, TRAIN, VALIDATE, has_holdout, input_field
from apps_rec.data.files import data_files
from apps_rec.data.rows.stream import RowStream
from apps_rec.data.schema import with_slices
from apps_rec.data.schema_of_config import build_schema
from apps_rec.errors import ConfigError
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def open_stream(
    config: PipelineConfig,
    purpose: str,
    *,
    by: str | None = None,
    batch_size: int | None = None,
    keep: Sequence[str] = (),
) -> RowStream:
    """Opens the stream of the rows that a pass reads, see `apps_rec.config.passes`.

    Args:
        config: a normalised config.
        purpose: "train" (shuffled as data_config says), "validate" or "evaluate" (in file order).
        by: column of input_fields to hand out beside the users, to evaluate by.
        batch_size: number of rows in place of data_config.batch_size (train) or eval_batch_size (evaluate).
        keep: names of columns to pass through.

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
    part = {TRAIN: "train", VALIDATE: "holdout"}.get(purpose) if has_holdout(data) else None
    return RowStream(
        data_files(getattr(config, field), field, data.input_timeout_seconds),
        schema if by is None else with_slices(schema, by),
        batch_size or (data.batch_size if train else data.eval_batch_size),
        shuffle=train and data.shuffle,
        window=max(1, data.shuffle_buffer_size),
        seed=config.train_config.seed,
        holdout_fraction=fraction,
        holdout_part=part,
        drop_remainder=train and data.drop_remainder,
        keep=keep,
    )
