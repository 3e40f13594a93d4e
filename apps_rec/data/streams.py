"""A config -> the stream of rows for a job."""

from collections.abc import Sequence

from apps_rec.data.files import data_files
from apps_rec.data.reader import RowStream
from apps_rec.data.schema import build_schema
from apps_rec.errors import ConfigError
from apps_rec.protos.pipeline_pb2 import PipelineConfig


def open_stream(
    config: PipelineConfig,
    purpose: str,
    *,
    part: str | None = None,
    batch_size: int | None = None,
    keep: Sequence[str] = (),
) -> RowStream:
    """The rows that training or evaluation reads.

    Args:
        config: a normalised config.
        purpose: train: train_input_path, shuffled as data_config says, without the holdout if there is one.
            evaluate: eval_input_path in file order.
        part: "holdout" evaluates on the holdout of train_input_path instead.
        batch_size: in place of data_config.batch_size (train) or eval_batch_size (evaluate).
        keep: columns to pass through.

    Raises:
        ConfigError: no such path, fraction or window.
        DataError: files that are not there.
    """
    if purpose not in ("train", "evaluate"):
        raise ValueError(f'purpose: expected train or evaluate, got "{purpose}"')
    data = config.data_config
    train = purpose == "train"
    fraction = data.holdout_fraction
    if not 0 <= fraction < 1:
        raise ConfigError(f"data_config.holdout_fraction: expected 0 or more and less than 1, got {fraction:g}")
    if part == "holdout" and not fraction:
        raise ConfigError("data_config.holdout_fraction: expected more than 0 to evaluate on the holdout, got 0")
    if data.shuffle and data.shuffle_buffer_size < 1:
        raise ConfigError(
            f"data_config.shuffle_buffer_size: expected 1 or more, got {data.shuffle_buffer_size}; "
            "use shuffle: false to read in file order"
        )
    field = "train_input_path" if train or part == "holdout" else "eval_input_path"
    if train and fraction:
        part = "train"
    return RowStream(
        data_files(getattr(config, field), field),
        build_schema(config, purpose),
        batch_size or (data.batch_size if train else data.eval_batch_size),
        shuffle=train and data.shuffle,
        window=max(1, data.shuffle_buffer_size),
        seed=config.train_config.seed,
        holdout_fraction=fraction,
        holdout_part=part,
        drop_remainder=train and data.drop_remainder,
        keep=keep,
    )
