"""Verdicts on optimizers and learning rates."""

from apps_rec.config.easyrec.verdict import Verdict, later, noted, refused, used

_OTHER = later("write adam_optimizer, adagrad_optimizer or ftrl_optimizer")
_OTHER_RATE = later("write constant_learning_rate, exponential_decay_learning_rate or cosine_decay_learning_rate")

OPTIMIZERS: dict[str, dict[str, Verdict]] = {
    "Optimizer": {
        "rms_prop_optimizer": _OTHER,
        "momentum_optimizer": _OTHER,
        "adam_optimizer": used("of tables it touches the rows of the batch alone"),
        "momentumw_optimizer": _OTHER,
        "adamw_optimizer": _OTHER,
        "adam_async_optimizer": _OTHER,
        "adagrad_optimizer": used(),
        "ftrl_optimizer": used(),
        "adam_asyncw_optimizer": _OTHER,
        "lazy_adam_optimizer": later("write adam_optimizer, which is lazy: of tables it touches the rows of the batch"),
        "use_moving_average": refused("weights are not averaged; write false").unless(
            False, because="weights are never averaged"
        ),
        "moving_average_decay": noted("it is of use_moving_average, which is refused unless it is false"),
        "embedding_learning_rate_multiplier": later("one rate holds for all weights: delete it").unless(
            1.0, because="one rate holds for all weights"
        ),
    },
    "RMSPropOptimizer": {
        "learning_rate": _OTHER,
        "momentum_optimizer_value": _OTHER,
        "decay": _OTHER,
        "epsilon": _OTHER,
    },
    "MomentumOptimizer": {"learning_rate": _OTHER, "momentum_optimizer_value": _OTHER},
    "AdamOptimizer": {"learning_rate": used(), "beta1": used(), "beta2": used()},
    "MomentumWOptimizer": {"learning_rate": _OTHER, "weight_decay": _OTHER, "momentum_optimizer_value": _OTHER},
    "AdamWOptimizer": {"learning_rate": _OTHER, "weight_decay": _OTHER, "beta1": _OTHER, "beta2": _OTHER},
    "AdamAsyncOptimizer": {"learning_rate": _OTHER, "beta1": _OTHER, "beta2": _OTHER},
    "AdagradOptimizer": {"learning_rate": used(), "initial_accumulator_value": used()},
    "FtrlOptimizer": {
        "learning_rate": used(),
        "learning_rate_power": used(),
        "initial_accumulator_value": used(),
        "l1_reg": used(),
        "l2_reg": used(),
        "l2_shrinkage_reg": later("write 0, or l2_reg in its place").unless(0, because="0 shrinks nothing"),
    },
    "AdamAsyncWOptimizer": {"learning_rate": _OTHER, "weight_decay": _OTHER, "beta1": _OTHER, "beta2": _OTHER},
    "LazyAdamOptimizer": {"learning_rate": _OTHER, "beta1": _OTHER, "beta2": _OTHER},
    "LearningRate": {
        "constant_learning_rate": used(),
        "exponential_decay_learning_rate": used(),
        "manual_step_learning_rate": _OTHER_RATE,
        "cosine_decay_learning_rate": used(),
        "poly_decay_learning_rate": _OTHER_RATE,
        "transformer_learning_rate": _OTHER_RATE,
    },
    "ConstantLearningRate": {"learning_rate": used()},
    "ExponentialDecayLearningRate": {
        "initial_learning_rate": used(),
        "decay_steps": used(),
        "decay_factor": used(),
        "staircase": used(),
        "burnin_learning_rate": used(),
        "burnin_steps": used(),
        "min_learning_rate": used(),
    },
    "ManualStepLearningRate": {
        "initial_learning_rate": _OTHER_RATE,
        "schedule": _OTHER_RATE,
        "warmup": _OTHER_RATE,
    },
    "ManualStepLearningRate.LearningRateSchedule": {"step": _OTHER_RATE, "learning_rate": _OTHER_RATE},
    "CosineDecayLearningRate": {
        "learning_rate_base": used(),
        "total_steps": used(),
        "warmup_learning_rate": used(),
        "warmup_steps": used(),
        "hold_base_rate_steps": used(),
    },
    "PolyDecayLearningRate": {
        "learning_rate_base": _OTHER_RATE,
        "total_steps": _OTHER_RATE,
        "power": _OTHER_RATE,
        "end_learning_rate": _OTHER_RATE,
    },
    "TransformerLearningRate": {
        "learning_rate_base": _OTHER_RATE,
        "hidden_size": _OTHER_RATE,
        "warmup_steps": _OTHER_RATE,
        "step_scaling_rate": _OTHER_RATE,
    },
}
