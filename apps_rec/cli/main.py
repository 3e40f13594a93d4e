"""`apps-rec`: the commands."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import apps_rec
from apps_rec.errors import CheckFailedError, ConfigError, UserError, shown
from apps_rec.tools import launch as launching

OK, DEFECT, INTERRUPTED, TERMINATED = 0, 1, 130, 143
_TRUST = "run the export though it holds operations that are in no export of apps-rec, and may read or write files"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code.

    0: done; 1: a defect of ours, with a traceback; 2: the user's input is wrong; 3: a check ran and failed;
    130, 143: ended by SIGINT, SIGTERM.
    """
    options = _parser().parse_args(arguments)
    logger = logging.getLogger("apps_rec")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    # TensorFlow gives the root logger a handler of its own.
    logger.propagate = False
    try:
        with _raised_by_sigterm():
            options.run(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except TerminatedError:
        print("terminated", file=sys.stderr)
        return TERMINATED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return OK


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came: it ends a command as SIGINT does, so that nothing half-written stays behind."""


@contextmanager
def _raised_by_sigterm() -> Iterator[None]:
    def terminate(number: int, frame: FrameType | None) -> None:
        raise TerminatedError

    if threading.current_thread() is not threading.main_thread():  # only the main thread may
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check(options: argparse.Namespace) -> None:
    config = apps_rec.check(options.config, options.set)
    for warning in config.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    _print(f"{options.config}: no mistakes found")


def _train(options: argparse.Namespace) -> None:
    config = _checked(options)
    result = apps_rec.train(config, resume=options.resume, restart=options.restart)
    best = "" if result.best_step is None else f"; best at step {result.best_step}: {result.best_value:.5f}"
    _print(f"{result.model_dir}: step {result.step}{best}")


def _evaluate(options: argparse.Namespace) -> None:
    config = _checked(options)
    metrics = apps_rec.evaluate(config, by=options.by)
    if options.json:
        from apps_rec.evaluation import to_json

        print(to_json(metrics.to_json()))
    else:
        _print(metrics)


def _export(options: argparse.Namespace) -> None:
    config = _checked(options)
    _print(apps_rec.export(config, options.output))


def _predict(options: argparse.Namespace) -> None:
    made = apps_rec.predict(
        options.export,
        options.rows,
        options.output,
        options.keep,
        options.skip_bad_rows,
        part_format=options.format,
        rows_per_part=options.rows_per_part,
        signature=options.signature,
        group_by=options.group_by,
        top_k=options.top_k,
        weights=options.weights,
        escape_formulas=options.escape_formulas,
        trust=options.trust,
    )
    groups = "" if made.groups is None else f" of {made.groups} groups"
    files = f" in {made.files} files" if made.files > 1 else ""
    scored = "" if made.groups is None else f", {made.rows} rows scored"
    dropped = f", {made.dropped} bad rows dropped" if made.dropped else ""
    _print(f"{made.output}: {made.written} rows{groups}{files}{scored}{dropped}")


def _convert(options: argparse.Namespace) -> None:
    config = _checked(options)
    made = apps_rec.convert(
        config,
        options.output,
        options.input,
        evaluation=options.eval,
        shards=options.shards,
        rows_per_file=options.rows_per_file,
    )
    _print(
        f"{made.folder}: {made.rows} rows in {made.files} files ({made.summary}), "
        f"{made.rows / max(made.seconds, 1e-3):.0f} rows/s"
    )


def _launch(options: argparse.Namespace) -> None:
    words = options.command
    if not words or words[0] != "--":
        got = f", got {words[0]}" if words else ""
        raise ConfigError(
            f"launch: expected -- and a train command behind its own options{got}; as in: "
            "apps-rec launch --workers 2 -- train CONFIG --set model_dir=out/two"
        )
    from apps_rec.training.start import check_paths

    words = words[1:]
    inner = _parser().parse_args(words)
    if inner.run is not _train:
        raise ConfigError(f"launch: expected a train command after --, got {words[0]}")
    config = _checked(inner)
    launching.check_launchable(config, options.workers, options.ps)
    check_paths(config.message, inner.resume, inner.restart)
    logging.getLogger("apps_rec").warning(
        "launch: TensorFlow's servers take connections on every interface of this machine, from anybody; "
        "docs/scaling.md says how to wall them off"
    )
    launching.launch(launching.train_command(words), options.workers, options.ps, max_restarts=options.max_restarts)


def _verify_export(options: argparse.Namespace) -> None:
    result = apps_rec.verify_export(options.export, options.rows, latency=not options.proof_only, trust=options.trust)
    print(json.dumps(vars(result))) if options.json else _print(result)
    if result.failures:
        raise CheckFailedError(f"{options.export} differs from the model it was exported from")


def _simulate_store(options: argparse.Namespace) -> None:
    made = apps_rec.simulate_store(
        options.output, options.users, options.seed, options.ctr, options.cvr, options.correlation
    )
    for name, split in (("train", made.train), ("eval", made.eval)):
        _print(
            f"{options.output}/{name}.parquet: {split.rows} impressions, {split.clicks} clicks, {split.downloads} "
            f"downloads; CTR {split.ctr:.4f}, CVR {split.cvr:.3f}"
        )


def _regress(options: argparse.Namespace) -> None:
    results = apps_rec.regress(options.folder, quick=options.quick, update=options.update)
    failed = [result for result in results if not result.passed]
    if failed:
        raise CheckFailedError("\n".join(str(result) for result in failed))
    _print(f"{options.folder}: {len(results)} configs hold")


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for term in _names(text):
        name, _, number = term.partition("=")
        try:
            weight = float(number)
        except ValueError:
            raise argparse.ArgumentTypeError(f'expected OUTPUT=NUMBER with commas, got "{term}"') from None
        if name in weights:
            raise argparse.ArgumentTypeError(f"expected one weight of {name}, got several")
        weights[name] = weight
    return weights


def _checked(options: argparse.Namespace) -> apps_rec.Config:
    """The config, read before TensorFlow: its mistakes are shown at once."""
    config = apps_rec.check(options.config, options.set)
    for warning in config.warnings:
        logging.getLogger("apps_rec").warning("warning: %s", warning)
    return config


class _Parser(argparse.ArgumentParser):
    """As the standard one; what it says of wrong arguments is shown as all messages are."""

    def error(self, message: str) -> NoReturn:
        super().error(shown(message))


def _print(text: object) -> None:
    print(shown(str(text)))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="apps-rec",
        description="Multi-task ranking for app stores: train, evaluate, export and score from a config.",
    )
    parser.add_argument("--version", action="version", version=f"apps-rec {apps_rec.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    _command(
        commands, "check", _check, "report every mistake of a config; reads no data", "samples/appstore/esmm.config"
    )
    train = _command(
        commands,
        "train",
        _train,
        "train a config's model into its model_dir",
        "samples/appstore/esmm.config --set train_config.num_steps=500 --set model_dir=out/x",
    )
    train.add_argument(
        "--resume", action="store_true", help="go on with the run in model_dir; start where there is none"
    )
    train.add_argument("--restart", action="store_true", help="move the run in model_dir aside and start afresh")
    evaluate = _command(
        commands,
        "evaluate",
        _evaluate,
        "measure the trained model on eval_input_path",
        "samples/appstore/esmm.config --set model_dir=out/x --json",
    )
    evaluate.add_argument(
        "--by", metavar="COLUMN", help="a column of input_fields: the metrics within each of its values, too"
    )
    evaluate.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    export = _command(
        commands,
        "export",
        _export,
        "write the trained model as a SavedModel, OUTPUT/<version>/",
        "samples/appstore/esmm.config --set model_dir=out/x -o out/x/export",
    )
    export.add_argument("-o", "--output", required=True, help="folder of the versions")

    predict = _command(
        commands,
        "predict",
        _predict,
        "score the rows of files with an export",
        "out/x/export/1700000000 rows.parquet -o scores.parquet --keep user_id,app_id\n"
        "  apps-rec predict out/x/export/1700000000 rows.parquet -o best --signature rank --group-by user_id --top-k 9",
        reads_config=False,
    )
    predict.add_argument("export", help="folder of one version, as export printed it")
    predict.add_argument("rows", help="CSV with a header, Parquet or TFRecord: path, glob, or several with commas")
    predict.add_argument("--skip-bad-rows", action="store_true", help="leave bad rows out of the output and count them")
    predict.add_argument(
        "-o", "--output", required=True, help="file to write: .parquet, .csv or .csv.gz; or folder to make, of parts"
    )
    predict.add_argument(
        "--keep",
        type=_names,
        metavar="COLUMNS",
        help="columns to copy, with commas; default: the config's key_fields and label_fields",
    )
    predict.add_argument(
        "--escape-formulas",
        action="store_true",
        help="CSV: an apostrophe before each text that a spreadsheet would run as a formula",
    )
    predict.add_argument("--trust", action="store_true", help=_TRUST)
    parts = predict.add_argument_group("a folder of parts")
    parts.add_argument("--format", help="parquet (the default), csv or csv.gz")
    parts.add_argument("--rows-per-part", type=int, metavar="N", help="default: 1000000")
    ranks = predict.add_argument_group("requests to rank")
    ranks.add_argument(
        "--signature", default="serving_default", help="serving_default: row by row, the default; rank: by group"
    )
    ranks.add_argument(
        "--group-by",
        type=_names,
        default=[],
        metavar="COLUMNS",
        help="consecutive rows that agree in these columns, with commas, are one request",
    )
    ranks.add_argument("--top-k", type=int, metavar="K", help="rows to keep of each group; default: all, in order")
    ranks.add_argument(
        "--weights",
        type=_weights,
        metavar="OUTPUT=NUMBER,...",
        help="of every term of the score, as probs_ctr=1,probs_ctcvr=0.5; default: the config's",
    )

    convert = _command(
        commands,
        "convert",
        _convert,
        "write the rows that training reads as TFRecord files, for parameter servers",
        "samples/appstore/esmm.config -o data/appstore/train_tfrecord --shards 8",
    )
    convert.add_argument(
        "input",
        nargs="?",
        help="CSV, Parquet or TFRecord: path, glob, or several with commas; default: train_input_path",
    )
    convert.add_argument("-o", "--output", required=True, help="folder to make")
    convert.add_argument("--eval", action="store_true", help="the rows that evaluation reads; default: eval_input_path")
    size = convert.add_mutually_exclusive_group()
    size.add_argument("--shards", type=int, help="number of files; CSV, filters and skipped rows take a second pass")
    size.add_argument("--rows-per-file", type=int, help="default: 1000000")

    verify = _command(
        commands,
        "verify-export",
        _verify_export,
        "repeat the proof of an export: load it as a server does, compare with the model, time it",
        "out/x/export/1700000000 --rows data/appstore/eval.parquet",
        reads_config=False,
    )
    verify.add_argument("export", help="folder of one version, as export printed it")
    verify.add_argument("--rows", help="labelled files to measure it on: path, glob, or several with commas")
    verify.add_argument("--proof-only", action="store_true", help="leave out the table of latencies")
    verify.add_argument("--json", action="store_true", help="print one JSON object")
    verify.add_argument("--trust", action="store_true", help=_TRUST)

    regress = _command(
        commands,
        "regress",
        _regress,
        "run the configs of a folder as regression tests",
        "samples/appstore",
        reads_config=False,
    )
    regress.add_argument("folder", help="holds <name>.config and <name>.expected.json")
    regress.add_argument("--quick", action="store_true", help="the shortened run")
    regress.add_argument("--update", action="store_true", help="move the bands that are missed to what was measured")

    launch = _command(
        commands,
        "launch",
        _launch,
        "train in several processes of this machine, to try distribution out",
        "--workers 2 -- train samples/appstore/esmm.config \\\n"
        "    --set train_config.train_distribute=MultiWorkerMirroredStrategy",
        reads_config=False,
    )
    launch.add_argument("--workers", type=int, default=2, help="processes that compute; default: 2")
    launch.add_argument("--ps", type=int, default=0, help="parameter servers; with them a chief is started too")
    launch.add_argument(
        "--max-restarts", type=int, default=10, help="times that what died is started again; default: 10"
    )
    launch.add_argument("command", nargs=argparse.REMAINDER, help="-- train, and its arguments")

    simulate = commands.add_parser("simulate", help="make data with known truth").add_subparsers(
        title="what to simulate", required=True, metavar="WHAT"
    )
    store = _command(
        simulate,
        "store",
        _simulate_store,
        "an app-store log: impressions, clicks, downloads, and their true probabilities",
        "-o data/appstore --users 20000 --seed 7",
        reads_config=False,
        prefix="simulate ",
    )
    store.add_argument("-o", "--output", required=True, help="folder to write into")
    store.add_argument("--users", type=int, default=20000, help="default: 20000")
    store.add_argument("--seed", type=int, default=7, help="default: 7")
    store.add_argument("--ctr", type=float, help="click rate to reach, in (0, 1)")
    store.add_argument("--cvr", type=float, help="share of clicks that download to reach, in (0, 1)")
    store.add_argument("--correlation", type=float, help="of click and download taste, in [-1, 1]")
    return parser


def _command(
    commands: argparse._SubParsersAction,
    name: str,
    run: Callable[[argparse.Namespace], None],
    help_text: str,
    example: str,
    reads_config: bool = True,
    prefix: str = "",
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=help_text,
        description=help_text[0].upper() + help_text[1:] + ".",
        epilog=f"example:\n  apps-rec {prefix}{name} {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    if reads_config:
        parser.add_argument("config", help="text proto, or JSON where the name ends in .json")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="PATH=VALUE",
            help="change a field, list items by name: 'feature_config.features[feature_name=age].embedding_dim=8'",
        )
    return parser
