"""Multi-task ranking for app stores, on TensorFlow: MMOE, ESMM and related models from a protobuf text config.

Example:
    >>> import apps_rec
    >>> apps_rec.train("samples/appstore/esmm.config", ["train_config.num_steps=500"])  # doctest: +SKIP
    >>> print(apps_rec.evaluate("samples/appstore/esmm.config"))  # doctest: +SKIP
"""

import os

# tensorflow-recommenders works with Keras 2 only; TensorFlow reads this when it builds tf.keras.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

from apps_rec.allocator import keep_freed_memory

# Without effect on memory that TensorFlow's threads have taken before.
keep_freed_memory()

from apps_rec import plugins
from apps_rec.config import Config, load_config
from apps_rec.tools.commands import (
    ab,
    calibrate,
    check,
    check_data,
    compare,
    convert,
    doctor,
    evaluate,
    explain,
    export,
    import_easyrec,
    init,
    plan_ab,
    predict,
    report,
    simulate_ab,
    simulate_config,
    simulate_store,
    train,
    tune,
    verify_export,
)
from apps_rec.tools.regress import regress
from apps_rec.tools.safe_log import keep_log_safe

keep_log_safe()

__version__ = "0.1.0"
__all__ = [
    "Config",
    "ab",
    "calibrate",
    "check",
    "check_data",
    "compare",
    "convert",
    "doctor",
    "evaluate",
    "explain",
    "export",
    "import_easyrec",
    "init",
    "load_config",
    "plan_ab",
    "plugins",
    "predict",
    "regress",
    "report",
    "simulate_ab",
    "simulate_config",
    "simulate_store",
    "train",
    "tune",
    "verify_export",
]
