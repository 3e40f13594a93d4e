"""Writes rows as TFRecord files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps_rec.errors import ConfigError
from apps_rec.tools.commands.check import ConfigLike
from apps_rec.tools.commands.common import checked_config, command, require_local
from apps_rec.tools.quiet import quiet_tensorflow

if TYPE_CHECKING:
    from apps_rec.data.tfrecords.convert import Conversion


@command
def convert(
    config: ConfigLike,
    output: str,
    input_path: str | None = None,
    overrides: Sequence[str] = (),
    evaluation: bool = False,
    shards: int | None = None,
    rows_per_file: int | None = None,
) -> Conversion:
    """Writes the rows that training reads as TFRecord files; see `apps_rec.data.tfrecords.convert.convert_files`.

    Args:
        config: what the columns are, which rows are filtered, what becomes of bad ones.
        output: folder to make.
        input_path: files to convert, of the format that their name says, else of the config's; default: the config's
            train_input_path.
        overrides: `path=value` each, only for a path.
        evaluation: the rows that evaluation reads; default input: eval_input_path.
        shards: how many files.
        rows_per_file: instead; neither: 1,000,000.

    Returns:
        What was written: `folder`, `files` and `rows` (numbers), `seconds`, and a `summary` of what was left out.

    Raises:
        ConfigError: a mistake in the config.
        DataError: a mistake in the data.
        RunError: the output cannot be written.
    """
    require_local(output, "-o")
    checked = checked_config(config, overrides)
    from apps_rec.data import build_schema, data_files
    from apps_rec.data.files import check_new, schema_for_named_file

    message = checked.message
    purpose, field = ("evaluate", "eval_input_path") if evaluation else ("train", "train_input_path")
    if input_path is None and not getattr(message, field):
        raise ConfigError(
            f"{checked.path}: {field}: is not given; name the files to convert: apps-rec convert CONFIG INPUT"
        )
    check_new(output)
    named = "INPUT" if input_path else field
    files = data_files(input_path or getattr(message, field), named, message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.data.tfrecords.convert import conversion_schema, convert_files

    schema = build_schema(message, purpose)
    schema = schema_for_named_file(schema, files[0]) if input_path else schema
    schema = conversion_schema(message, files, schema, purpose)
    return convert_files(files, schema, output, shards=shards, rows_per_file=rows_per_file, config_path=checked.path)
