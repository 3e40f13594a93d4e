"""Flags of EasyRec's commands: those that are obeyed, and what is said of the others."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import apps_rec
from apps_rec.cli.easyrec.edits import flag_edits
from apps_rec.cli.options import Parser, add_plugin, read_config
from apps_rec.errors import RunError
from apps_rec.nearest import did_you_mean, nearest

_ODPS = "tables of ODPS are not read; unload them to files"
_CLUSTER = "TF_CONFIG says what the process is; `apps-rec launch` starts the processes of one machine"
_CHECKPOINT = "the run's best checkpoint is taken, or its last where none was chosen; leave the flag out"
_STORE = "embeddings are a part of the SavedModel, and no store outside of it is written"
# Flags of EasyRec that would change the result and are not obeyed, with what to do instead.
REFUSED: dict[str, str] = {
    "odps_config": _ODPS,
    "is_on_ds": _CLUSTER,
    "distribute_eval": _CLUSTER,
    "hpo_param_path": "give the values as --edit_config_json",
    "hpo_metric_save_path": "the metrics of a run are in its metrics.json",
    "fit_on_eval": "train on the files for evaluation by naming them in --train_input_path",
    "fit_on_eval_steps": "train on the files for evaluation by naming them in --train_input_path",
    "ignore_finetune_ckpt_error": "a checkpoint that is not there is an error; leave out --fine_tune_checkpoint too",
    "checkpoint_path": _CHECKPOINT,
    "clear_export": "each export is a new version beside the others; remove the folder yourself",
    "export_done_file": "a version's folder gets its name when it is complete, which is the sign to wait for",
    "output_cols": "all outputs of the model are written; leave the flag out",
    "output_sep": "results are CSV with commas and a header, or Parquet; leave the flag out",
    "fg_json_path": "features are computed by the config's own; leave the flag out",
    "ds_vector_recall": "models of recall are not served; leave the flag out",
    **{f"redis_{name}": _STORE for name in ("url", "passwd", "threads", "batch_size", "timeout", "expire")},
    **{f"redis_{name}": _STORE for name in ("embedding_version", "write_kv")},
    **{f"oss_{name}": _STORE for name in ("path", "endpoint", "ak", "sk", "threads", "timeout", "expire")},
    **{f"oss_{name}": _STORE for name in ("write_kv", "embedding_version")},
}
# Flags that change no result here, with the reason. True: a value stands behind them.
NOTED: dict[str, tuple[bool, str]] = {
    "check_mode": (False, "the rows of every run are checked"),
    "batch_size": (True, "the number of rows scored at once changes no score"),
    "verbose": (False, "exports say what they do"),
}


def parse(parser: Parser, arguments: Sequence[str] | None, has_edits: bool = False) -> argparse.Namespace:
    """Reads flags; ends with exit code 2 where one is not obeyed.

    Args:
        parser: parser of the flags that are obeyed.
        arguments: words; None: those of the process.
        has_edits: whether flags with a dot are edits of the config; they become `edits`.
    """
    for name, (has_value, _) in NOTED.items():
        parser.add_argument(f"--{name}", action="store" if has_value else "store_true", help=argparse.SUPPRESS)
    options, others = parser.parse_known_args(arguments)
    options.edits = []
    if has_edits:
        options.edits, others = flag_edits(others)
    for word in others:
        name = word.partition("=")[0].lstrip("-")
        if word.startswith("-") and name in REFUSED:
            parser.error(f"--{name}: refused: {REFUSED[name]}")
    if others:
        known = [f"--{name}" for name in vars(options)]
        parser.error(f"unknown: {' '.join(others)}.{did_you_mean(nearest(others[0].partition('=')[0], known))}")
    options.noted = [f"--{name}: {why}" for name, (_, why) in NOTED.items() if getattr(options, name)]
    return options


def command(name: str, what: str) -> Parser:
    """Makes the parser of a command."""
    return Parser(prog=f"python -m apps_rec.{name}", description=what, allow_abbrev=False)


def add_config(parser: Parser) -> None:
    """Adds the config, the folder of the run and --plugin."""
    parser.add_argument("--pipeline_config_path", metavar="CONFIG", help="the config")
    parser.add_argument("--model_dir", metavar="DIR", help="in place of the config's model_dir")
    add_plugin(parser)


def config_of(
    options: argparse.Namespace, of_run: bool, changes: Mapping[str, object] | None = None
) -> apps_rec.Config:
    """Reads the config with the changes of the flags.

    Args:
        options: parsed flags.
        of_run: whether the config that a run in --model_dir was trained with is the first choice, as in EasyRec.
        changes: values by path, of flags; those that are None or empty were not given. None: no more flags.
    """
    for note in options.noted:
        logging.getLogger("apps_rec").info("%s", note)
    path = options.pipeline_config_path
    kept = Path(options.model_dir or "") / "pipeline.config"
    if of_run and options.model_dir and kept.is_file():
        path = str(kept)
    if not path:
        raise RunError("--pipeline_config_path: expected the config, got nothing")
    given = {"model_dir": options.model_dir, **(changes or {})}
    sets = [f"{name}={_joined(value)}" for name, value in given.items() if value]
    return read_config(argparse.Namespace(config=path, set=[*sets, *options.edits], date=None))


def _joined(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)
