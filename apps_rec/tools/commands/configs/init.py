"""Writes a config for a table: features, model, split and training, chosen by what its columns hold."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps_rec.atomic_file import replace_text
from apps_rec.config import Config
from apps_rec.config.load import parse_text
from apps_rec.errors import ArgumentError, DataError, RunError
from apps_rec.profile.choices.config import Placed, config_text
from apps_rec.profile.choices.decide import Decision, decide
from apps_rec.profile.choices.files import split_paths, write_split
from apps_rec.profile.choices.kinds import Roles
from apps_rec.profile.choices.roles import require_columns
from apps_rec.profile.engine import engine
from apps_rec.profile.find_source import find_source
from apps_rec.profile.label_words import with_label_words
from apps_rec.profile.source import Source
from apps_rec.tools.commands.common import command, require_local

_EVAL_SHARE, _MOST_EVAL_SHARE = 0.1, 0.4


@dataclass(frozen=True)
class Initialised:
    """A config that was written, and why it is as it is.

    Attributes:
        output: path of the config.
        config: the config, checked.
        decision: facts of the table, and what was decided.
        written: files of rows that were written beside the config.
    """

    output: Path
    config: Config
    decision: Decision
    written: tuple[Path, ...]


@command
def init(
    data: str | Path,
    label: Sequence[str],
    output: str | Path,
    *,
    eval_data: str | None = None,
    user: str | None = None,
    item: str | None = None,
    time: str | None = None,
    exclude: Sequence[str] = (),
    keep: Sequence[str] = (),
    eval_share: float = _EVAL_SHARE,
    separator: str | None = None,
    easyrec: bool = False,
    overwrite: bool = False,
) -> Initialised:
    """Writes a config for a table in CSV or Parquet files, which trains as it is.

    The same files give the same config. What it decides by is in docs/init.md.

    Args:
        data: path, glob, folder, or several separated by commas.
        label: columns of 0 and 1 to learn, or of two words such as yes and no; the first one chooses the checkpoint if
            they are no funnel.
        output: path of the config.
        eval_data: files to measure on; None: a part of `data`.
        user: column of the users; None: found by name.
        item: column of the items; None: found by name.
        time: column that says when a row was logged; None: found.
        exclude: columns to leave out of everything.
        keep: columns to use though they look like keys or like outcomes.
        eval_share: share of the rows that measure, above 0 and up to 0.4.
        separator: separator of CSV files; None: found.
        easyrec: whether to write fields alone that EasyRec knows.
        overwrite: whether files that are there may be replaced.

    Raises:
        DataError: the files cannot be read, or nothing can be learned from the labels.
        RunError: a file is there already or cannot be written; an argument is wrong.
    """
    given = {
        "--eval": eval_data,
        "--user": user,
        "--item": item,
        "--time": time,
        "--exclude": exclude,
        "--keep": keep,
        "--eval-share": None if eval_share == _EVAL_SHARE else eval_share,
        "--separator": separator,
        "--easyrec": easyrec,
    }
    require_local(output, "output")
    new = Path(output)
    _check_arguments(new, label, eval_share)
    _check_new(new, overwrite)
    roles = Roles(tuple(label), user, item, time, tuple(exclude), tuple(keep))
    with engine(str(data)) as database:
        source = find_source(database, str(data), separator)
        _check_columns(source, roles)
        source = with_label_words(database, source, label)
        if eval_data is not None and source.words:
            raise DataError(_of_words(source))
        evaluation = find_source(database, eval_data, separator) if eval_data is not None else None
        decision = decide(database, source, roles, eval_share, easyrec, eval_data)
        _check_features(decision)
        placed = _placed(decision, new, _command_line(str(data), label, new, given), easyrec)
        text = config_text(decision, placed)
        config = parse_text(text, str(new))
        if evaluation is not None:
            _check_evaluation(config, decision.source, evaluation)
        written: tuple[Path, ...] = ()
        if decision.split.eval_sql:
            written = split_paths(new)
            for path in written:
                _check_new(path, overwrite)
            write_split(database, decision.source, decision.split, written)
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        replace_text(new, text)
    except OSError as error:
        raise RunError(f"{error.filename or new}: cannot be written: {error.strerror}") from None
    return Initialised(new, config, decision, written)


def _of_words(source: Source) -> str:
    """Returns what is said of labels of words where files to measure on are given, which nobody writes anew."""
    name, (one, zero) = next(iter(source.words.items()))
    return (
        f'{source.paths}: label "{name}" holds "{one}" and "{zero}"; expected 1 and 0 where --eval names files, which '
        f"are read as they are. Write all files anew, such as with DuckDB: CASE lower(trim(\"{name}\")) WHEN '{one}' "
        f"THEN 1 WHEN '{zero}' THEN 0 END; or leave out --eval, and init writes two files with 1 and 0"
    )


def _check_columns(source: Source, roles: Roles) -> None:
    """Refuses arguments that name a column which is not there."""
    require_columns(source, "label", roles.labels)
    require_columns(source, "exclude", roles.excluded)
    require_columns(source, "keep", roles.kept)
    for argument, name in (("user", roles.user), ("item", roles.item), ("time", roles.time)):
        require_columns(source, argument, [name] if name is not None else [])


def _check_features(decision: Decision) -> None:
    if not decision.features:
        reasons = "".join(f"\n  {name}: {why}" for name, why in decision.left_out.items())
        raise DataError(f"{decision.source.paths}: no column is left to learn from; --keep NAME takes one in.{reasons}")


def _check_evaluation(config: Config, source: Source, evaluation: Source) -> None:
    """Refuses files to measure on that are of another format, or lack a column."""
    if evaluation.input_type != source.input_type:
        text = "{eval_data}: {paths} is read by {other}, and {train} by {one}; expected files of one format"
        names = {"one": source.input_type, "other": evaluation.input_type, "train": source.paths}
        raise ArgumentError(text, "eval_data", paths=evaluation.paths, **names)
    read = [field.input_name for field in config.message.data_config.input_fields]
    absent = ", ".join(name for name in read if name not in evaluation.names)
    if absent:
        text = "{eval_data}: {paths} has no column {absent}, which {train} has"
        raise ArgumentError(text, "eval_data", paths=evaluation.paths, absent=absent, train=source.paths)


def _placed(decision: Decision, output: Path, command_line: str, easyrec: bool) -> Placed:
    source, split = decision.source, decision.split
    train, evaluation, input_type = source.paths, split.eval_paths or source.paths, source.input_type
    if split.eval_sql:
        train, evaluation = (str(path).replace(",", "\\,") for path in split_paths(output))
        input_type = "ParquetInput"
    return Placed(command_line, train, evaluation, input_type, f"out/{output.stem}", easyrec)


def _check_arguments(output: Path, label: Sequence[str], eval_share: float) -> None:
    if output.suffix.lower() == ".json":
        text = "{output}: a config is written as text; expected a name that does not end in .json"
        raise ArgumentError(text, "output")
    if not label:
        raise ArgumentError("{label}: expected a column of 0 and 1 to learn, got none", "label")
    twice = next((name for name in label if list(label).count(name) > 1), None)
    if twice is not None:
        raise ArgumentError('{label}: "{name}" is named twice', "label", name=twice)
    if not 0 < eval_share <= _MOST_EVAL_SHARE:
        text = "{eval_share}: expected a share above 0 and up to {most}, got {got}"
        raise ArgumentError(text, "eval_share", most=_MOST_EVAL_SHARE, got=eval_share)


def _check_new(output: Path, overwrite: bool) -> None:
    if output.is_dir() or (output.exists() and not overwrite):
        raise RunError(f"{output} is there already; name another file, or replace it with --overwrite")


def _command_line(data: str, label: Sequence[str], output: Path, given: Mapping[str, object]) -> str:
    """Returns the command as it could be given again."""
    words = ["apps-rec", "init", data, *(word for name in label for word in ("--label", name)), "-o", str(output)]
    for flag, value in given.items():
        if value is True:
            words.append(flag)
        elif value:
            values = value if isinstance(value, (tuple, list)) else [value]
            words += [word for one in values for word in (flag, str(one))]
    return shlex.join(words)
