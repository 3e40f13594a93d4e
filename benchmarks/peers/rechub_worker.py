"""A worker of torch-rechub: one model through its DataGenerator and trainer, as its documentation shows.

Example:
    python -m benchmarks.peers.rechub_worker mmoe DATA_FOLDER --vocabulary 100000 [--auc]
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch_rechub.basic.features import DenseFeature, SparseFeature
from torch_rechub.models.multi_task import ESMM, MMOE
from torch_rechub.models.ranking import DeepFM
from torch_rechub.trainers import CTRTrainer, MTLTrainer
from torch_rechub.utils.data import DataGenerator

from benchmarks.dataset import BATCH_SIZE, CATEGORICAL, LABELS, NUMERIC
from benchmarks.meter import Meter, say

TASKS = ["classification", "classification"]


class Counted:
    """A data loader that tells the meter when its trainer asks for the next batch: the step before it has ended."""

    def __init__(self, loader: torch.utils.data.DataLoader, meter: Meter) -> None:
        self._loader, self._meter = loader, meter

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[object]:
        for batch in self._loader:
            yield batch
            self._meter.step()


def main() -> None:
    """Runs one training."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=["mmoe", "esmm", "deepfm"])
    parser.add_argument("data", type=Path)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--auc", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(42)

    sparse = [SparseFeature(name, vocab_size=options.vocabulary, embed_dim=16) for name in CATEGORICAL]
    dense = [DenseFeature(name) for name in NUMERIC]
    # Its ESMM takes no numbers.
    names = CATEGORICAL if options.model == "esmm" else (*CATEGORICAL, *NUMERIC)
    labels = LABELS[:1] if options.model == "deepfm" else LABELS
    optimizer = {"optimizer_params": {"lr": 1e-3, "weight_decay": 0}}
    if options.model == "mmoe":
        model = MMOE(sparse + dense, TASKS, 2, {"dims": [256, 128]}, [{"dims": [64]}, {"dims": [64]}])
        trainer = MTLTrainer(model, TASKS, **optimizer)
    elif options.model == "esmm":
        towers = {"dims": [256, 128, 64]}
        model = ESMM(sparse[:6], sparse[6:], towers, towers)
        trainer = MTLTrainer(model, TASKS, **optimizer)
    else:
        model = DeepFM(sparse + dense, sparse, {"dims": [256, 128, 64]})
        trainer = CTRTrainer(model, **optimizer)

    meter = Meter(BATCH_SIZE)
    table = pd.read_parquet(options.data / "train.parquet")
    # Its ESMM trainer wants a label for pCVR too, and does not use it.
    wanted = ("download", *labels) if options.model == "esmm" else labels
    y = table[list(wanted)].to_numpy(np.float32)
    generator = DataGenerator({name: table[name].to_numpy() for name in names}, y[:, 0] if len(wanted) == 1 else y)
    loader, _, _ = generator.generate_dataloader(
        x_val={"c0": []}, y_val=[], x_test={"c0": []}, y_test=[], batch_size=BATCH_SIZE
    )
    trainer.train_one_epoch(Counted(loader, meter))
    report = meter.report()
    report["parameters"] = sum(parameter.numel() for parameter in model.parameters())
    if options.auc:
        table = pd.read_parquet(options.data / "eval.parquet")
        model.eval()
        with torch.no_grad():
            outputs = np.asarray(model({name: torch.as_tensor(table[name].to_numpy()) for name in names}))
        outputs = outputs[:, None] if outputs.ndim == 1 else outputs[:, -2:]
        for name, label, output in zip(("ctr", "ctcvr"), labels, outputs.T, strict=False):
            report[f"auc_{name}"] = roc_auc_score(table[label], output)
    say(report)


if __name__ == "__main__":
    main()
