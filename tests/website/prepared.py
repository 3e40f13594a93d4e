"""What the commands of a page read, made small: by page a function of the folder, and whether each command is alone."""

import re
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

import apps_rec
from tests.docs_test import COMPLETE, fenced
from tests.experiments.logs import rows_of, users_of
from tests.python_guide_test import write_files
from tests.website.command_blocks import ROOT

GUIDE = COMPLETE[0][1]


def _nothing(folder):
    """The page's first commands make all that the later ones read."""


def _log(folder):
    apps_rec.simulate_store(str(folder / "store"), users=300)
    shutil.copy(folder / "store/train.parquet", folder / "my_log.parquet")


def _rows_of(config, folder):
    """A file of rows that fit a config, in its format."""
    name = folder / "rows.config"
    name.write_text(config, encoding="utf-8")
    apps_rec.simulate_config(str(name), str(folder / "rows"), rows=500)
    return folder / "rows/train.csv"


def _guide(folder):
    (folder / "my.config").write_text(GUIDE, encoding="utf-8")
    rows = _rows_of(GUIDE, folder)
    (folder / "data/my").mkdir(parents=True)
    for name in ("train_0.csv", "eval.csv"):
        shutil.copy(rows, folder / "data/my" / name)


def _days(folder):
    """The guide's config with the page's paths, a file a day, and the run of the day before."""
    rows = _rows_of(GUIDE, folder)
    for day in range(1, 9):
        (folder / f"log/dt=2026-11-0{day}").mkdir(parents=True)
        shutil.copy(rows, folder / f"log/dt=2026-11-0{day}/part-0.csv")
    (paths,) = [text for _, text in fenced(ROOT / "docs/data.md", 'proto title="PipelineConfig"') if "{date}" in text]
    rest = re.sub(r"^(train_input_path|eval_input_path|model_dir).*\n", "", GUIDE, flags=re.MULTILINE)
    (folder / "my.config").write_text(f"{paths}\n{rest}", encoding="utf-8")
    before = ["train_config.fine_tune_checkpoint=", "train_input_path=log/dt=2026-11-07", "model_dir=out/2026-11-07"]
    apps_rec.train(apps_rec.check(str(folder / "my.config"), before, date="2026-11-08"))


def _migration(folder):
    for name, kind in (("easyrec", "easyrec-config"), ("torch", "torcheasyrec-config")):
        ((_, text),) = fenced(ROOT / "docs/migration.md", kind)
        (folder / f"{name}.config").write_text(text, encoding="utf-8")


def _samples(folder):
    """The samples, and a small store where they look for it."""
    (folder / "samples").symlink_to(ROOT / "samples")
    apps_rec.simulate_store(str(folder / "data/appstore"), users=300)


def _evidence(folder):
    """The samples, runs of the two configs that the page compares, and files with scores of both."""
    _samples(folder)
    rows = pd.read_parquet("data/appstore/eval.parquet")[["user_id", "click", "download"]]
    shutil.copy("data/appstore/eval.parquet", "data/appstore/validation.parquet")
    draw = np.random.default_rng(0)
    for name in ("esmm", "esmm_even"):
        apps_rec.train(f"samples/appstore/{name}.config", ["train_config.num_steps=5"])
        scores = {f"probs_{task}": draw.random(len(rows)) for task in ("ctr", "ctcvr")}
        rows.assign(**scores).to_parquet(f"{name}.parquet")


def _report(folder):
    """The samples, and runs of the two configs that the page shows."""
    _samples(folder)
    for name in ("esmm", "esmm_even"):
        apps_rec.train(f"samples/appstore/{name}.config", ["train_config.num_steps=5"])


def _serving(folder):
    """The samples, a run where esmm.config has it, and an export where the page has it."""
    _samples(folder)
    apps_rec.train("samples/appstore/esmm.config", ["train_config.num_steps=5"])
    apps_rec.export("samples/appstore/esmm.config", "out/x/export")


def _experiment(folder):
    """The log of a test of two arms."""
    rows = rows_of(users_of({"fm": 500, "mmoe": 500}))
    names = [{"before": "downloads_before"}.get(name, name) for name in rows.column_names]
    pq.write_table(rows.rename_columns(names), folder / "log.parquet")


def _python(folder):
    """The config and the module that the page shows."""
    write_files(folder)


# The functions run in the folder.
PREPARED = {
    "README.md": (_log, False),
    "docs/ab.md": (_experiment, False),
    "docs/config.md": (_guide, True),
    "docs/data.md": (_days, False),
    "docs/evidence.md": (_evidence, False),
    "docs/init.md": (_log, False),
    "docs/migration.md": (_migration, False),
    "docs/python.md": (_python, False),
    "docs/quickstart.md": (_nothing, False),
    "docs/report.md": (_report, False),
    "docs/scaling.md": (_samples, False),
    "docs/serving.md": (_serving, False),
}
