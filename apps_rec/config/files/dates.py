"""Days in paths: ranges such as `log/dt={2026-11-01..2026-11-07}`, and `{date-7..date-1}`, which `--date` fills."""

from __future__ import annotations

import datetime
import os
import re
from typing import Any, NamedTuple

from apps_rec.config.files.uris import split_paths
from apps_rec.config.report import Report
from apps_rec.errors import ConfigError
from apps_rec.protos.pipeline_pb2 import PipelineConfig

# More are a mistyped year.
_MOST_DAYS = 3660
_DAY = r"\d{4}-\d{2}-\d{2}|\d{8}"
_ANY_RANGE = re.compile(r"\{(?!date)[^{}]*\.\.[^{}]*\}")
_RANGE = re.compile(rf"\{{({_DAY})\.\.({_DAY})(?::([^{{}}]+))?\}}")
_ANY_DATE = re.compile(r"\{date[^{}]*\}")
_DATE = re.compile(r"\{date([+-]\d{1,4})?(?:(\.\.)date([+-]\d{1,4})?)?(?::([^{}]+))?\}")
_FORM = re.compile(r"(?:[^%]|%[Yymdj])*%[Yymdj](?:[^%]|%[Yymdj])*")
_ISO = "%Y-%m-%d"

_FORMS = "with %Y, %y, %m, %d and %j"
_RANGES = f"{{2026-11-01..2026-11-07}}, {{20261101..20261107}} or {{2026-11-01..2026-11-07:%Y/%m/%d}}, {_FORMS}"
_DATES = f"{{date}}, {{date-1}}, {{date-7..date-1}} or {{date:%Y%m%d}}, {_FORMS}"
# Fields of paths that may be ranges. EasyRec's two names become the first two later on.
INPUTS = ("train_input_path", "eval_input_path")
_RANGED = (*INPUTS, "parquet_train_input", "parquet_eval_input")


class _Range(NamedTuple):
    first: datetime.date
    last: datetime.date
    form: str


def days_of(path: str) -> dict[str, str]:
    """Returns the path of each day of a path with a range of days; none where there is no range.

    Several ranges of one path must be of the same days: each of its paths has one day at all of them.

    Raises:
        ConfigError: a range has no days or too many, or another one of the path has others.

    Example:
        >>> days_of("log/{2026-10-31..2026-11-01:%Y/%m/%d}/*.csv")
        {'2026-10-31': 'log/2026/10/31/*.csv', '2026-11-01': 'log/2026/11/01/*.csv'}
        >>> days_of("log/dt=20261101/*.csv")
        {}
    """
    ranges = [_range_of(text) for text in _ANY_RANGE.findall(path)]
    if not ranges:
        return {}
    first, last, _ = ranges[0]
    if any(one[:2] != (first, last) for one in ranges):
        raise ConfigError(f'expected ranges of the same days in one path, got "{path}"')
    days = (first + datetime.timedelta(number) for number in range((last - first).days + 1))
    return {day.isoformat(): _on(day, path) for day in days}


def _on(day: datetime.date, path: str) -> str:
    return _ANY_RANGE.sub(lambda found: day.strftime(_range_of(found[0]).form), path)


def _range_of(text: str) -> _Range:
    found = _RANGE.fullmatch(text)
    if found is None or ("-" in found[1]) != ("-" in found[2]) or not _FORM.fullmatch(found[3] or _ISO):
        raise ConfigError(f"expected a range of days such as {_RANGES}, got {text}")
    first, last = day_of(found[1]), day_of(found[2])
    if not first <= last < first + datetime.timedelta(_MOST_DAYS):
        raise ConfigError(f"expected a range of 1 to {_MOST_DAYS:,} days, the first one in front, got {text}")
    return _Range(first, last, found[3] or (_ISO if "-" in found[1] else "%Y%m%d"))


def day_of(text: str) -> datetime.date:
    """Returns the day that a text such as 2026-11-08 or 20261108 names.

    Raises:
        ConfigError: it names none.
    """
    try:
        if not re.fullmatch(_DAY, text):
            raise ValueError
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f'expected a day such as 2026-11-08 or 20261108, got "{text}"') from None


def days_mistake(path: str) -> str | None:
    """Returns the mistake in the ranges of a path; None where there is none, or where a file has this very name."""
    try:
        days_of(path)
    except ConfigError as error:
        return None if os.path.exists(path) else f"{error}."
    return None


def fill_dates(message: PipelineConfig, date: str | None, report: Report) -> list[str]:
    """Fills `{date}` in the paths, the bounds of filters and the holdout of a config, in place.

    A text that is the name of a file is left as it is.

    Args:
        message: a config as it was written, --set applied.
        date: day of `--date`; None: none was given, so that `{date}` is a mistake.
        report: receiver of the mistakes.

    Returns:
        A line for each text: what it was, and what it is.

    Raises:
        ConfigError: the date is no day, or the config has no place for it.
    """
    try:
        day = None if date is None else day_of(date)
    except ConfigError as error:
        raise ConfigError(f"--date: {error}.") from None
    lines, has_place = [], False
    for path, where, name in _texts(message):
        text = getattr(where, name)
        if not _ANY_DATE.search(text) or os.path.exists(text):
            continue
        has_place = True
        if day is None:
            report.error(path, f'"{text}" is of a day: expected --date, as in --date 2026-11-08.')
            continue
        try:
            setattr(where, name, _filled(text, day, is_input=path in _RANGED))
        except ConfigError as error:
            report.error(path, f"{error}.")
            continue
        lines.append(f'{path}: "{text}" is "{getattr(where, name)}"')
    if day is not None and not has_place:
        raise ConfigError(f"--date: {report.places.name} has no {{date}} in a path or in a bound of a row_filter.")
    return lines


def _texts(message: PipelineConfig) -> list[tuple[str, Any, str]]:
    """Returns path, message and field of each text that may hold `{date}`."""
    data = message.data_config
    filters = [(f"data_config.row_filter[{at}]", one) for at, one in enumerate(data.row_filter)]
    vectors = [
        (f"feature_config.features[{at}].embedding_init", feature.embedding_init)
        for at, feature in enumerate(message.feature_config.features)
        if feature.HasField("embedding_init")
    ]
    return [
        *((name, message, name) for name in (*_RANGED, "model_dir")),
        ("train_config.fine_tune_checkpoint", message.train_config, "fine_tune_checkpoint"),
        ("data_config.holdout_from", data, "holdout_from"),
        *((f"{path}.{name}", one, name) for path, one in filters for name in ("from", "to")),
        *((f"{path}.input_path", one, "input_path") for path, one in vectors),
    ]


def _filled(text: str, date: datetime.date, *, is_input: bool) -> str:
    return _ANY_DATE.sub(lambda found: _day_or_range(found[0], date, is_input), text)


def _day_or_range(text: str, date: datetime.date, is_input: bool) -> str:
    found = _DATE.fullmatch(text)
    form = found and (found[4] or _ISO)
    if found is None or form is None or not _FORM.fullmatch(form):
        raise ConfigError(f"expected a day such as {_DATES}, got {text}")
    if found[2] is None:
        return _moved(date, found[1]).strftime(form)
    if not is_input:
        raise ConfigError(f"expected one day, such as {{date-1}}, got {text}")
    filled = f"{_moved(date, found[1])}..{_moved(date, found[3])}"
    return f"{{{filled}:{form}}}" if found[4] else f"{{{filled}}}"


def _moved(date: datetime.date, days: str | None) -> datetime.date:
    return date + datetime.timedelta(int(days or 0))


def expanded(config: PipelineConfig) -> list[str]:
    """Returns a line for each range of days in the paths of a checked config: how many days, the first and the last."""
    lines = []
    for name in INPUTS:
        for part in split_paths(getattr(config, name)):
            if not os.path.exists(part) and (days := days_of(part)):
                first, last = min(days), max(days)
                lines.append(f'{name}: "{part}" is {len(days)} days, "{days[first]}" to "{days[last]}"')
    return lines
