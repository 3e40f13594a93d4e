"""`apps-rec compare`."""

from __future__ import annotations

import argparse

import apps_rec
from apps_rec.cli.options import add_plugin, names, write_measured

HELP = "compare two models on the same rows: differences with intervals"
EXAMPLE = (
    "samples/appstore/esmm.config samples/appstore/esmm_even.config\n"
    "  apps-rec compare a.parquet b.parquet --task probs_ctr=click --users user_id"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the two models, the rows, the draws, and the form of the answer."""
    parser.add_argument("a", help="config, model_dir, or files with scores as predict writes them")
    parser.add_argument("b", help="another of the same kind")
    parser.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="change a field of both configs"
    )
    add_plugin(parser)
    parser.add_argument(
        "--input", metavar="FILES", help="of two models: files in place of eval_input_path, all of their rows"
    )
    parser.add_argument(
        "--users",
        metavar="COLUMN",
        help="the column of users, whose rows are drawn together; default: of models that of gauc or session_auc; "
        "without one, each row is drawn alone",
    )
    parser.add_argument("--resamples", type=int, metavar="N", help="default: 200")
    parser.add_argument("--seed", type=int, metavar="N", help="default: 0")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    files = parser.add_argument_group("files with scores")
    files.add_argument(
        "--task",
        action="append",
        default=[],
        metavar="OUTPUT=LABEL",
        help="what to measure, once or several times: probs_ctr=click; of clicked rows, probs_cvr=download:click",
    )
    files.add_argument("--labels", metavar="FILE", help="files with labels and users; default: A has them")
    files.add_argument(
        "--keys",
        type=names,
        default=[],
        metavar="COLUMNS",
        help="columns that tell rows apart, with commas; default: the same rows in the same order",
    )


def run(options: argparse.Namespace) -> None:
    """Compares, and prints a table or JSON."""
    comparison = apps_rec.compare(
        options.a,
        options.b,
        options.set,
        input=options.input,
        labels=options.labels,
        tasks=options.task,
        keys=options.keys,
        users=options.users,
        resamples=options.resamples,
        seed=options.seed,
    )
    write_measured(comparison, options.json)
