"""Writes rows as TFRecord files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps_rec.errors import ConfigError
from apps_rec.tools.commands.common import checked_config, command, require_local
from apps_rec.tools.commands.configs.check import ConfigLike
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
        config: path of a config, or a config; it names the columns, the filters and the rule for bad rows.
        output: folder to make.
        input_path: files to convert, of the format that their name stands for, else of the config's; default: the
            config's train_input_path.
        overrides: changes to the config, `path=value` each; only for a path.
        evaluation: true writes the rows that evaluation reads; the default input is then eval_input_path.
        shards: number of files.
        rows_per_file: number of rows of a file, instead of shards; 1,000,000 if neither is given.

    Returns:
        `folder`, `files` and `rows` (numbers), `seconds`, and a `summary` of the rows left out.

    Raises:
        ConfigError: the config has a mistake.
        DataError: the data has a mistake.
        RunError: the output cannot be written.
    """
    require_local(output, "output")
    checked = checked_config(config, overrides)
    from apps_rec.data import build_schema, data_files
    from apps_rec.data.files import check_new, check_sizes, schema_for_named_file

    message = checked.message
    purpose, field = ("evaluate", "eval_input_path") if evaluation else ("train", "train_input_path")
    if input_path is None and not getattr(message, field):
        raise ConfigError(
            f"{checked.path}: {field}: is not given; name the files to convert: apps-rec convert CONFIG INPUT"
        )
    check_sizes(shards, rows_per_file)
    check_new(output)
    named = "input" if input_path else field
    files = data_files(input_path or getattr(message, field), named, message.data_config.input_timeout_seconds)
    quiet_tensorflow()
    from apps_rec.data.tfrecords.convert import conversion_schema, convert_files

    schema = build_schema(message, purpose)
    schema = schema_for_named_file(schema, files[0]) if input_path else schema
    schema = conversion_schema(message, files, schema, purpose)
    return convert_files(files, schema, output, shards=shards, rows_per_file=rows_per_file, config_path=checked.path)
