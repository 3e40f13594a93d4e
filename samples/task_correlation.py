"""Shared bottom, one-gate mixture and MMOE on two tasks of known correlation: the MMOE paper's synthetic study.

    python samples/task_correlation.py                   # all of it, into docs/: JSON, table and figure
    python samples/task_correlation.py --check 0         # trains repeat 0 again and holds it against the file
    python samples/task_correlation.py --draw            # the figure alone, of the file

The models are layers of apps_rec.layers in plain Keras, of equal numbers of parameters, gates and biases counted. A
repeat draws tasks, rows, initial weights and the order of rows of its own, and all models of it have the same tasks,
rows and order. Each model has the same budget: at each correlation each learning rate of RATES once, on tasks that no
repeat has, judged by the mean squared error on rows that are not trained on. The figure needs apps_rec[report].

References: Ma et al. 2018, Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts,
section 3.2 and figure 4.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from apps_rec.layers import Dnn, Experts, Gates, Tower
from apps_rec.legacy_keras import keras
from apps_rec.simulation import RelatedTasks

RESULTS = Path("docs/task_correlation.json")
FIGURE = Path("docs/task_correlation.svg")
MODELS = {"shared_bottom": "shared bottom", "one_gate": "one-gate mixture", "mmoe": "MMOE"}

# Chosen, and committed, before any full run.
CORRELATIONS = (0.5, 0.9, 1.0)
RATES = (0.001, 0.003, 0.01, 0.03)
TUNING_SEED = 99
# Student's t for 95 %, by the number of repeats.
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}


@dataclass(frozen=True)
class Size:
    """How much is trained.

    Attributes:
        repeats: trainings of each model at each correlation; 2 to 5.
        rows: rows to train.
        test_rows: rows to measure.
        epochs: passes over the rows; the error is measured after each.
        batch: rows of a step.
    """

    repeats: int = 5
    rows: int = 20_000
    test_rows: int = 10_000
    epochs: int = 20
    batch: int = 128


class TwoTasks(keras.Model):
    """Predicts two tasks, `(batch, 2)`, by a kind of MODELS; widths are chosen for equal numbers of parameters.

    The mixtures have the paper's eight experts of one layer, MMOE's 16 wide as there; towers have one layer of 8.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        if kind == "shared_bottom":
            self.bottom = Dnn([127], name="bottom")
        else:
            self.experts = Experts(8, [16 if kind == "mmoe" else 17], name="experts")
            self.gates = Gates(num_gates=2 if kind == "mmoe" else 1, num_experts=8, name="gates")
        self.towers = [Tower([8], name=f"tower_{task}") for task in (1, 2)]

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns the predictions."""
        if self.kind == "shared_bottom":
            bodies = [self.bottom(x, training=training)]
        else:
            bodies = self.gates(x, self.experts(x, training=training), training=training)
        bodies = bodies if len(bodies) == 2 else bodies * 2
        towers = zip(self.towers, bodies, strict=True)
        return tf.concat([tower(body, training=training) for tower, body in towers], axis=1)


def run_study(size: Size = Size(), correlations: tuple[float, ...] = CORRELATIONS) -> dict[str, Any]:
    """Tunes and trains everything."""
    parameters = {kind: built(kind).count_params() for kind in MODELS}
    study: dict[str, Any] = {"size": asdict(size), "parameters": parameters, "correlations": {}}
    for correlation in correlations:
        label_correlation = round(RelatedTasks(correlation).label_correlation(), 4)
        rates = {kind: tune(kind, correlation, size) for kind in MODELS}
        runs = [run_repeat(correlation, repeat, rates, size) for repeat in range(size.repeats)]
        part = {"label_correlation": label_correlation, "rates": rates, "runs": runs}
        study["correlations"][str(correlation)] = part
    return study


def tune(kind: str, correlation: float, size: Size) -> float:
    """Returns the learning rate with the lowest error on tasks that no repeat has."""
    errors = {rate: sum(train(kind, correlation, TUNING_SEED, rate, size)[-1]) for rate in RATES}
    print(f"correlation {correlation} {kind}: {errors}", file=sys.stderr)
    return min(errors, key=lambda rate: errors[rate])


def run_repeat(correlation: float, repeat: int, rates: dict[str, float], size: Size) -> dict[str, list[list[float]]]:
    """Returns the errors of each model after each epoch, those of both tasks in a pair."""
    return {kind: train(kind, correlation, repeat, rates[kind], size) for kind in MODELS}


def built(kind: str) -> TwoTasks:
    """Returns a model with its weights."""
    model = TwoTasks(kind)
    model(tf.zeros([1, RelatedTasks(0.0).num_inputs]))
    return model


def train(kind: str, correlation: float, seed: int, rate: float, size: Size) -> list[list[float]]:
    """Trains one model and returns the mean squared errors of both tasks on the test rows, after each epoch."""
    tasks = RelatedTasks(correlation, seed=seed)
    x, y = (tf.constant(part, tf.float32) for part in tasks.rows(size.rows, seed=0))
    test_x, test_y = (tf.constant(part, tf.float32) for part in tasks.rows(size.test_rows, seed=1))
    keras.utils.set_random_seed(seed)
    model = built(kind)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)

    @tf.function
    def epoch(batches: tf.Tensor) -> tf.Tensor:
        for rows in batches:
            with tf.GradientTape() as tape:
                error = tf.reduce_mean((model(tf.gather(x, rows), training=True) - tf.gather(y, rows)) ** 2)
            gradients = tape.gradient(error, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return tf.reduce_mean((model(test_x) - test_y) ** 2, axis=0)

    random = np.random.default_rng(seed)
    steps = size.rows // size.batch
    orders = (random.permutation(size.rows)[: steps * size.batch].reshape(steps, -1) for _ in range(size.epochs))
    return [[round(float(error), 5) for error in epoch(tf.constant(order))] for order in orders]


def interval(values: np.ndarray) -> tuple[float, float]:
    """Returns the mean and half the width of its 95 % interval, by Student's t over repeats."""
    return float(values.mean()), T_95[len(values)] * float(values.std(ddof=1)) / math.sqrt(len(values))


def last_errors(part: dict[str, Any], kind: str) -> np.ndarray:
    """Returns the errors after the last epoch, `(repeats, 2)`."""
    return np.array([run[kind][-1] for run in part["runs"]])


def to_table(study: dict[str, Any]) -> str:
    """Returns the study as a Markdown table: errors by task, and MMOE's paired difference from each other model."""
    lines = [
        "| correlation of weights (of labels) | model | rate | error of task 1 | error of task 2 | "
        "MMOE - this, mean of both tasks | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for correlation, part in study["correlations"].items():
        for kind, name in MODELS.items():
            errors = last_errors(part, kind)
            cells = [f"{mean:.4f} ± {half:.4f}" for mean, half in (interval(errors[:, task]) for task in (0, 1))]
            difference = ["", ""]
            if kind != "mmoe":
                mean, half = interval((last_errors(part, "mmoe") - errors).mean(axis=1))
                is_noise = abs(mean) <= half
                verdict = "within noise" if is_noise else "MMOE is better" if mean < 0 else "MMOE is worse"
                difference = [f"{mean:+.4f} [{mean - half:+.4f}, {mean + half:+.4f}]", verdict]
            row = [f"{correlation} ({part['label_correlation']:.2f})", name, str(part["rates"][kind])]
            lines.append(f"| {' | '.join([*row, *cells, *difference])} |")
    return "\n".join(lines)


def draw(study: dict[str, Any], path: Path) -> None:
    """Draws the mean error of both tasks by epoch: mean over repeats, and its 95 % interval as a band."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": path.name, "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        panels = figure.subplots(1, len(study["correlations"]), sharey=True, squeeze=False)[0]
        for axes, (correlation, part) in zip(panels, study["correlations"].items(), strict=True):
            for kind, name in MODELS.items():
                errors = np.array([run[kind] for run in part["runs"]]).mean(axis=2)  # [repeats, epochs]
                mean, half = np.array([interval(of_epoch) for of_epoch in errors.T]).T
                epochs = np.arange(1, len(mean) + 1)
                (line,) = axes.plot(epochs, mean, label=name)
                axes.fill_between(epochs, mean - half, mean + half, color=line.get_color(), alpha=0.2, linewidth=0)
            axes.set_title(f"correlation {correlation}")
            axes.set_xlabel("epoch")
            axes.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("mean squared error on test rows")
        panels[0].set_ylim(bottom=0)
        panels[-1].legend(frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def check_repeat(results: Path, repeat: int, tolerance: float = 0.03) -> int:
    """Trains all models of one repeat again; 0 where every last error is as the file has it, else 3.

    The tolerance covers another machine's rounding, which training magnifies; on one machine runs are equal.
    """
    study = json.loads(results.read_text(encoding="utf-8"))
    failures = 0
    for correlation, part in study["correlations"].items():
        again = run_repeat(float(correlation), repeat, part["rates"], Size(**study["size"]))
        for kind in MODELS:
            before, now = (np.mean(runs[kind][-1]) for runs in (part["runs"][repeat], again))
            is_same = abs(before - now) <= tolerance
            failures += not is_same
            verdict = "" if is_same else "  DIFFERS"
            print(f"correlation {correlation} {kind}: {now:.5f}, {before:.5f} in {results}{verdict}")
    return 3 if failures else 0


def to_json(study: dict[str, Any]) -> str:
    """Returns the study as JSON, a line for each training."""
    text = json.dumps(study)
    for mark in ('"shared_bottom": [[', '"one_gate": [[', '"mmoe": [[', '"rates": {', '"runs": ['):
        text = text.replace(mark, "\n" + mark)
    return text + "\n"


def main() -> int:
    """Runs, checks or draws the study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", type=int, metavar="REPEAT", help="train one repeat again and compare with the file")
    parser.add_argument("--draw", action="store_true", help="draw the figure of the file, and train nothing")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--figure", type=Path, default=FIGURE)
    options = parser.parse_args()
    if options.check is not None:
        return check_repeat(options.results, options.check)
    if not options.draw:
        options.results.write_text(to_json(run_study()), encoding="utf-8")
    study = json.loads(options.results.read_text(encoding="utf-8"))
    draw(study, options.figure)
    print(to_table(study))
    return 0


if __name__ == "__main__":
    sys.exit(main())
