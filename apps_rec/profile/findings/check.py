"""Checks the data of a config before training: every row as training reads it, then facts of the rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from apps_rec.atomic_file import replacing
from apps_rec.config import Config
from apps_rec.data.schema import Schema
from apps_rec.errors import RunError
from apps_rec.profile.choices.decide import find_roles
from apps_rec.profile.choices.kinds import Kind, Roles, kinds_of
from apps_rec.profile.choices.leaks import leak_of
from apps_rec.profile.choices.split import event_time
from apps_rec.profile.engine import Engine, engine, text
from apps_rec.profile.facts import TableFacts
from apps_rec.profile.find_source import find_source
from apps_rec.profile.findings.bad_rows import BadRows
from apps_rec.profile.findings.drift import judge_drift
from apps_rec.profile.findings.duplicates import judge_duplicates, judge_overlap
from apps_rec.profile.findings.features import LIST_ROWS, judge_features, read_features, used_features
from apps_rec.profile.findings.finding import ERROR, LEVELS, WARNING, DataReport, FeatureFacts, Finding, LabelRate, Part
from apps_rec.profile.findings.labels import day_sql, judge_rates, judge_stages, read_rates, stages
from apps_rec.profile.findings.passes import KEY_HASH, ROW_HASH, Pass, find_passes, read_pass
from apps_rec.profile.findings.schemas import compare_schemas
from apps_rec.profile.source import Source
from apps_rec.profile.table import Wanted, read_facts

_HASHES = (
    "hash collisions are those expected of distinct values and buckets; the hash itself is TensorFlow's, and not run"
)


def check_data(config: Config, quarantine: Path | None = None) -> DataReport:
    """Reads all rows of a config's passes once each, and returns what would fail, be wrong or be a surprise.

    Rows are judged by the rules of the training's own reader, filters and holdout included. Those that pass are laid in
    a temporary Parquet file, from which DuckDB takes the facts.

    Args:
        config: the config.
        quarantine: Parquet file to write bad rows to; None: they are counted.

    Raises:
        ConfigError, DataError: a path names no file, or files of no format that is read.
        RunError: the quarantine file cannot be written.
    """
    message = config.message
    data = message.data_config
    with engine(str(config.path)) as database, tempfile.TemporaryDirectory(prefix="apps_rec_") as folder:
        passes, findings = find_passes(message)
        bad_rows = BadRows(Path(folder) / "bad.parquet" if quarantine is not None else None)
        parts: dict[str, Part] = {}
        sources: dict[str, str] = {}
        paths: dict[str, Path] = {}
        schemas = {file.path: file for one in passes for file in one.schemas}
        if passes:
            findings += compare_schemas(list(schemas.values()), passes[0].schema)
        for one in passes:
            path = Path(folder) / f"{one.name}.parquet"
            part, wrong = read_pass(database, message, one, bad_rows, path) if one.files else (_nothing(one), [])
            parts[one.name], findings = part, findings + wrong
            findings += bad_rows.findings(part, data.bad_rows == data.SKIP, data.max_bad_row_share) if one.files else []
            if part.used:
                paths[one.name], sources[one.name] = path, f"read_parquet({text(str(path))})"
            else:
                findings.append(Finding(ERROR, "rows", one.name, f"no rows are left of {part.read:,} ({part.rules})"))
        rates: list[LabelRate] = []
        features: list[FeatureFacts] = []
        remarks = ["every row of every pass was read by the rules of the training's reader"]
        if "train" in sources:
            rates, features, more, told = _facts(database, config, passes[0], paths["train"], sources)
            findings += more
            remarks += told
        quarantined = None if quarantine is None else _write(database, bad_rows, quarantine)
    ordered = sorted(dict.fromkeys(findings), key=lambda finding: LEVELS.index(finding.level))
    return DataReport(
        str(config.path),
        tuple(parts.values()),
        tuple(schemas.values()),
        tuple(rates),
        tuple(features),
        tuple(ordered),
        tuple(remarks),
        quarantined,
    )


def _nothing(one: Pass) -> Part:
    return Part(one.name, len(one.all_files), "no file can be read", 0, 0, 0, 0)


def _write(database: Engine, bad_rows: BadRows, output: Path) -> int:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with replacing(output) as new:
            return bad_rows.write(database, new)
    except OSError as error:
        raise RunError(f"{error.filename or output}: cannot be written: {error.strerror}") from None


def _facts(
    database: Engine, config: Config, train: Pass, path: Path, sources: dict[str, str]
) -> tuple[list[LabelRate], list[FeatureFacts], list[Finding], list[str]]:
    """Returns rates, features, findings and remarks of the rows that are used."""
    message = config.message
    evaluation = sources.get("evaluate", sources.get("validate"))
    labels = stages(train.schema)
    names = tuple(name for name, _ in labels)
    source = _without_hashes(find_source(database, str(path)))
    roles = find_roles(source, Roles(tuple(train.schema.labels)))
    source, table = read_facts(database, source, Wanted(names, roles.user, roles.item), lambda source, facts: None)
    kinds = kinds_of(table, roles)
    when = event_time(table, kinds, roles)
    findings = list(_leaks(_columns_read(config), table, kinds, roles))
    rates: list[LabelRate] = []
    for part, rows in sources.items():
        has_day = when is not None and _has_column(database, rows, when.name)
        made = read_rates(database, part, rows, labels, day_sql(when) if when is not None and has_day else None)
        rates += made
        findings += judge_rates(made)
        findings += judge_stages(database, part, rows, train.schema)
        keys = tuple(name for name in message.data_config.key_fields if name in source.names)
        findings += judge_duplicates(database, part, rows, keys)
    if evaluation is not None:
        findings += judge_overlap(database, sources["train"], evaluation)
    features = read_features(database, message, table, sources["train"], evaluation)
    findings += judge_features(message, features)
    findings += judge_drift(features)
    return rates, features, findings, list(_remarks(config, table, when.name if when else None, train.schema))


def _without_hashes(source: Source) -> Source:
    columns = tuple(column for column in source.columns if column[0] not in (ROW_HASH, KEY_HASH))
    return replace(source, columns=columns)


def _has_column(database: Engine, rows: str, name: str) -> bool:
    return any(found == name for found, *_ in database.rows(f"DESCRIBE SELECT * FROM {rows}"))


def _columns_read(config: Config) -> list[str]:
    """Returns the columns that features of the model read, each once."""
    return list(dict.fromkeys(name for one in used_features(config.message) for name in one.input_names))


def _leaks(columns: list[str], table: TableFacts, kinds: dict[str, Kind], roles: Roles) -> Iterator[Finding]:
    """Yields columns that features read and that tell a label, by the rules of `apps-rec init`."""
    for name in columns:
        if name not in kinds or name in roles.labels:
            continue
        reason = leak_of(table.column(name), kinds[name], table, roles)
        if reason:
            level = WARNING if reason.endswith("by its name") else ERROR
            yield Finding(level, "leakage", f'column "{name}"', f"{reason}; take it out of the features")


def _remarks(config: Config, table: TableFacts, when: str | None, schema: Schema) -> Iterator[str]:
    if not table.is_whole:
        yield f"leaks and bins are of a sample of {table.sample_rows:,} of {table.rows:,} training rows"
    if table.rows > LIST_ROWS:
        yield f"items of lists are of about {LIST_ROWS:,} rows, so that unseen ones are an upper bound"
    features = used_features(config.message)
    if any(one.hash_bucket_size for one in features):
        yield _HASHES
    if any(one.vocab_file for one in features):
        yield "values outside of a vocab_file are not counted"
    yield f'days are those of "{when}"' if when else "no column says when a row was logged: nothing is told by day"
    if not schema.label_steps and len(schema.labels) > 1:
        yield "the model takes its labels for independent of each other, so none is conditional on another"
