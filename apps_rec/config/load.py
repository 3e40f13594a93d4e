"""Reading of a config file, with overrides, into a checked and normalised message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf import text_format

from apps_rec.config.checks import check
from apps_rec.config.defaults import resolve_defaults
from apps_rec.config.easyrec.bins import cut_bins
from apps_rec.config.easyrec.dims import join_numbers
from apps_rec.config.easyrec.expand import expand
from apps_rec.config.easyrec.idle import drop_idle
from apps_rec.config.files.dates import expanded, fill_dates
from apps_rec.config.report import Places, Report
from apps_rec.config.rewrite import rewrite
from apps_rec.config.text.overrides import apply_overrides
from apps_rec.config.text.parse import parse_json
from apps_rec.config.text.parse import parse_text as read_text
from apps_rec.errors import ConfigError, Tally
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# Room for a million words. A file of data given by mistake is refused before it fills the memory.
LARGEST_BYTES = 16 << 20


@dataclass
class Config:
    """A config that passed every check.

    Attributes:
        message: the config, with shorthands rewritten to rank_model and defaults that depend on other fields filled in.
        path: the config file, as the user gave it.
        warnings: lines about things that are allowed but probably not meant.
        tally: what became of the fields: those used, and lines about those that have no effect here.
        days: lines about days in its paths: what `--date` filled, and what ranges of days stand for.
    """

    message: PipelineConfig
    path: str
    warnings: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    days: list[str] = field(default_factory=list)
    _places: Places = field(default_factory=lambda: Places(""), repr=False)

    @property
    def written(self) -> PipelineConfig:
        """Returns the config as the user wrote it, overrides applied, before it was rewritten."""
        written: PipelineConfig = self._places.written
        return written

    @property
    def overrides(self) -> list[str]:
        """Returns the assignments `path=value` that it was read with, in their order."""
        return list(self._places.override_texts)

    @property
    def notes(self) -> list[str]:
        """Returns lines about fields that have no effect here, and why."""
        return self.tally.notes

    @property
    def remarks(self) -> list[str]:
        """Returns the lines that a command logs before it begins: the warnings, and how much has no effect."""
        lines = [f"warning: {warning}" for warning in self.warnings]
        if self.notes:
            lines.append(
                f"{self.path}: {len(self.notes)} fields have no effect here; `apps-rec check` says which and why"
            )
        return lines

    def to_text(self) -> str:
        """Returns the resolved config as a text proto, which loads again to the same message."""
        return text_format.MessageToString(self.message, as_utf8=True)

    def locate(self, path: str) -> str:
        """Returns the `file:line` where the user wrote a path of `message`, such as `data_config.input_fields[3]`."""
        return self._places.locate(path)

    def as_written(self, path: str) -> str:
        """Returns the path at which the user's file has what is at this path of `message`, for a `--set`."""
        return self._places.as_written(path)

    def describe(self, path: str) -> str:
        """Returns `file:line: path`, with the path as in the user's file; an error about the path starts with it."""
        return f"{self._places.locate(path)}: {self._places.readable(path)}"


def load_config(
    path: str | Path, overrides: Sequence[str] = (), files_here: bool = True, date: str | None = None
) -> Config:
    """Reads, overrides, rewrites, completes and checks a config file.

    Args:
        path: a text proto, or JSON where the name ends in .json.
        overrides: assignments `path=value`, applied in order.
        files_here: whether the files that the config names must exist; those of an export's config need not.
        date: day such as 2026-11-08 that fills `{date}` in its paths; None: they have none.

    Raises:
        ConfigError: one line for each mistake.
    """
    return parse_text(read_text_of(path), str(path), overrides, files_here, date)


def read_text_of(path: str | Path) -> str:
    """Returns the text of a config file.

    Raises:
        ConfigError: there is no such file, or it holds no text, or more than a config may.
    """
    name = str(path)
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{name}: there is no such config file.") from None
    except IsADirectoryError:
        raise ConfigError(f"{name}: expected a config file, this is a folder.") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{name}: the config file cannot be read: {error}.") from None
    if len(data) > LARGEST_BYTES:
        raise ConfigError(
            f"{name}: expected a config of at most {LARGEST_BYTES >> 20} MiB, this is larger; a long vocab_list"
            " belongs in a vocab_file."
        )
    return _decode(data, name)


def parse_text(
    text: str,
    name: str = "<text>",
    overrides: Sequence[str] = (),
    files_here: bool = True,
    date: str | None = None,
) -> Config:
    """Does the same as `load_config`, from text; `name` stands for the file in messages and shows JSON by .json.

    Example:
        >>> parse_text("model_dirr: 'x'")
        Traceback (most recent call last):
        ...
        apps_rec.errors.ConfigError: <text>:1: model_dirr: unknown name; ...
    """
    places = Places(name)
    report = Report(places)
    message = PipelineConfig()
    if not text.strip():
        raise ConfigError(f"{name}:1: the config is empty.")
    if name.lower().endswith(".json"):
        parse_json(text, message, report)
    else:
        read_text(text, message, report)
    if not message.ListFields():
        report.raise_errors()
    apply_overrides(message, overrides, report)
    filled = fill_dates(message, date, report)
    config = completed(message, report, files_here)
    config.days = [*filled, *expanded(config.message)]
    return config


def completed(message: PipelineConfig, report: Report, files_here: bool) -> Config:
    """Rewrites, completes and checks a config as it was written, in place.

    Raises:
        ConfigError: it has mistakes, or the report holds some already; one line for each.
    """
    places = report.places
    places.written = PipelineConfig()
    places.written.CopyFrom(message)
    rewrite(message, report)
    expand(message, report)
    join_numbers(message, report)
    cut_bins(message, report)
    drop_idle(message, report)
    resolve_defaults(message, report)
    check(message, report, files_here)
    report.raise_errors()
    return Config(message, places.name, report.warnings, report.tally, _places=places)


def changed(config: Config, overrides: Sequence[str]) -> Config:
    """Returns a config that was read, as it would be with more overrides.

    Args:
        config: config, which stays as it is.
        overrides: assignments `path=value`, applied in order behind those that it was read with.

    Raises:
        ConfigError: it has mistakes then; one line for each.
    """
    known = config._places
    places = Places(config.path, dict(known.lines), dict(known.overrides), list(known.override_texts))
    report = Report(places)
    message = PipelineConfig()
    message.CopyFrom(config.written)
    apply_overrides(message, overrides, report)
    again = completed(message, report, files_here=True)
    again.days = config.days
    return again


def _decode(data: bytes, name: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{name}:{line}: expected UTF-8 text, got the byte 0x{data[error.start]:02x} at offset {error.start}."
        ) from None
    return text
