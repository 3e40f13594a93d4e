"""Verdicts on optimizers and learning rates."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

_ADAM = used("as adam_optimizer, which is lazy: of tables it touches the rows of the batch alone")
_DECAY = used("of tables it decays the rows of the batch alone; as in EasyRec it is not multiplied by the rate")

OPTIMIZERS: dict[str, dict[str, Verdict]] = {
    "Optimizer": {
        "rms_prop_optimizer": used(),
        "momentum_optimizer": used(),
        "adam_optimizer": used("of tables it touches the rows of the batch alone"),
        "momentumw_optimizer": used(),
        "adamw_optimizer": used("of tables it touches the rows of the batch alone"),
        "adam_async_optimizer": _ADAM,
        "adagrad_optimizer": used(),
        "ftrl_optimizer": used(),
        "adam_asyncw_optimizer": used("as adamw_optimizer"),
        "lazy_adam_optimizer": _ADAM,
        "use_moving_average": refused("weights are not averaged; write false").unless(
            False, because="weights are never averaged"
        ),
        "moving_average_decay": noted("it is of use_moving_average, which is refused unless it is false"),
        "embedding_learning_rate_multiplier": used("of the rate of embeddings; EasyRec's is of their gradient"),
    },
    "RMSPropOptimizer": {
        "learning_rate": used(),
        "momentum_optimizer_value": used(),
        "decay": used(),
        "epsilon": used(),
    },
    "MomentumOptimizer": {"learning_rate": used(), "momentum_optimizer_value": used()},
    "AdamOptimizer": {"learning_rate": used(), "beta1": used(), "beta2": used()},
    "MomentumWOptimizer": {"learning_rate": used(), "weight_decay": _DECAY, "momentum_optimizer_value": used()},
    "AdamWOptimizer": {"learning_rate": used(), "weight_decay": _DECAY, "beta1": used(), "beta2": used()},
    "AdamAsyncOptimizer": {"learning_rate": used(), "beta1": used(), "beta2": used()},
    "AdagradOptimizer": {"learning_rate": used(), "initial_accumulator_value": used()},
    "FtrlOptimizer": {
        "learning_rate": used(),
        "learning_rate_power": used(),
        "initial_accumulator_value": used(),
        "l1_reg": used(),
        "l2_reg": used(),
        "l2_shrinkage_reg": used(),
    },
    "AdamAsyncWOptimizer": {"learning_rate": used(), "weight_decay": _DECAY, "beta1": used(), "beta2": used()},
    "LazyAdamOptimizer": {"learning_rate": used(), "beta1": used(), "beta2": used()},
    "LearningRate": {
        "constant_learning_rate": used(),
        "exponential_decay_learning_rate": used(),
        "manual_step_learning_rate": used(),
        "cosine_decay_learning_rate": used(),
        "poly_decay_learning_rate": used(),
        "transformer_learning_rate": used(),
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
        "initial_learning_rate": used(),
        "schedule": used(),
        "warmup": used(),
    },
    "ManualStepLearningRate.LearningRateSchedule": {"step": used(), "learning_rate": used()},
    "CosineDecayLearningRate": {
        "learning_rate_base": used(),
        "total_steps": used(),
        "warmup_learning_rate": used(),
        "warmup_steps": used(),
        "hold_base_rate_steps": used(),
    },
    "PolyDecayLearningRate": {
        "learning_rate_base": used(),
        "total_steps": used(),
        "power": used(),
        "end_learning_rate": used(),
    },
    "TransformerLearningRate": {
        "learning_rate_base": used(),
        "hidden_size": used(),
        "warmup_steps": used(),
        "step_scaling_rate": used(),
    },
}
