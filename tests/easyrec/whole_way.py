"""The whole way of a config: simulated rows, a training, its metrics, and an export with its proof."""

from pathlib import Path

import apps_rec

ENOUGH = 0.65
# Steps that are few enough for a test, and batches that are small enough for few rows and large enough for few steps.
STEPS, BATCH = 300, 512


def whole_way(path, folder, *overrides, rows=20000, steps=STEPS, exports=True):
    """Simulates, trains, evaluates and exports. The export raises where it differs from the model.

    Returns:
        The metrics of the evaluation, the truth of the simulated labels, and the folder of the export, if it exports.
    """
    changes = [
        f"train_config.num_steps={steps}",
        f"train_config.save_checkpoints_steps={steps}",
        f"data_config.batch_size={BATCH}",
        # EasyRec's samples read their files once.
        "data_config.num_epochs=0",
        *overrides,
    ]
    made = apps_rec.simulate_config(path, str(folder), rows, overrides=changes)
    changes = [*changes, *made.overrides]
    apps_rec.train(path, changes)
    metrics = apps_rec.evaluate(path, changes)
    export = Path(apps_rec.export(path, str(folder / "export"), changes)) if exports else None
    return metrics, made.truth, export


def learned(metrics, truth):
    """Lines on what a training learned: each metric that is better than a guess by a margin.

    An AUC, of all rows or of a user's, above ENOUGH; a share of right classes above that of the largest; an error below
    the labels' deviation.
    """
    ranked = ("auc_", "gauc_", "session_auc_")
    found = [name for name, value in metrics.items() if name.startswith(ranked) and value and value > ENOUGH]
    shares = [facts["largest_class"] for facts in truth.values() if "largest_class" in facts]
    spreads = [facts["deviation"] for facts in truth.values() if "deviation" in facts]
    for name, value in metrics.items():
        if name.startswith("accuracy_") and shares and value > min(shares) + 0.05:
            found.append(name)
        if name.startswith("root_mean_squared_error_") and spreads and value < 0.95 * max(spreads):
            found.append(name)
        if name.startswith("mean_squared_error_") and spreads and value < (0.95 * max(spreads)) ** 2:
            found.append(name)
    return found
