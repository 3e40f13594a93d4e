"""Verdicts on the outermost message, on training, its optimizers, evaluation and export."""

from apps_rec.config.easyrec.verdict import noted, refused
from apps_rec.config.torcheasyrec.fields import Row, flag, part, parts, real, text, whole

_PATHS = "paths and globs, separated by commas; they start at the working directory"
_CLIPPED = refused("one norm is clipped, that of the whole gradient: delete it, and write grad_clipping").unless(
    False, because="gradients of tables are not clipped"
)
_OF_CLIPPING = noted("it is of gradient_clipping, which is refused unless it is false")
_GPU = noted("it is of PyTorch")
_OTHER_RULE = refused("rates do not depend on norms of weights: write adagrad_optimizer or adam_optimizer")
_NO_DECAY = refused("write adamw_optimizer, or delete it").unless(0, because="weights do not decay")
_SCHEDULES: dict[str, Row] = {
    "constant_learning_rate": part("ConstantLR", oneof="learning_rate"),
    "exponential_decay_learning_rate": part("ExponentialDecayLR", oneof="learning_rate"),
    "manual_step_learning_rate": part("ManualStepLR", oneof="learning_rate"),
    "linear_decay_learning_rate": refused(
        "write exponential_decay_learning_rate, or in the new config poly_decay_learning_rate with power: 1"
    ),
    "cosine_annealing_learning_rate": part("CosineAnnealingLR", oneof="learning_rate"),
    "cosine_annealing_warm_restarts_learning_rate": refused(
        "a rate does not rise again: write cosine_annealing_learning_rate"
    ),
}
_BY_EPOCH = refused("rates change by steps: write its sizes in steps, and delete it").unless(
    False, because="rates change by steps"
)

TRAIN: dict[str, dict[str, Row]] = {
    "EasyRecConfig": {
        "train_input_path": text(_PATHS),
        "eval_input_path": text(_PATHS),
        "model_dir": text("a local folder"),
        "train_config": part("TrainConfig"),
        "eval_config": part("EvalConfig"),
        "export_config": part("ExportConfig"),
        "data_config": part("DataConfig"),
        "feature_configs": parts("FeatureConfig", "features of feature_config"),
        "model_config": part("ModelConfig"),
        "item_input_path": refused("it is of models that find candidates, which are not built here: delete it").unless(
            "", because="an empty path names nothing"
        ),
    },
    "TrainConfig": {
        "sparse_optimizer": part("SparseOptimizer", "the first optimizer_config, of embeddings"),
        "dense_optimizer": part("DenseOptimizer", "the second optimizer_config, of all other weights"),
        "num_steps": whole(),
        "num_epochs": whole("data_config.num_epochs"),
        "save_checkpoints_steps": whole(),
        "fine_tune_checkpoint": refused("checkpoints of PyTorch are not read: delete it").unless(
            "", because="an empty path names nothing"
        ),
        "fine_tune_ckpt_param_map": refused("checkpoints of PyTorch are not read: delete it").unless(
            "", because="an empty path names nothing"
        ),
        "log_step_count_steps": whole(),
        "is_profiling": noted("the model is the same; TensorBoard can profile a training from outside"),
        "use_tensorboard": noted("summaries are written every save_summary_steps; 0 writes none"),
        "save_checkpoints_epochs": noted("checkpoints are saved by steps, every save_checkpoints_steps"),
        "tensorboard_summaries": noted("summaries hold losses, rates and norms"),
        "cudnn_allow_tf32": _GPU,
        "cuda_matmul_allow_tf32": _GPU,
        "global_embedding_constraints": noted("the strategy decides where tables lie"),
        "mixed_precision": text("BF16: DNNs multiply in bfloat16, all else is float32"),
        "grad_scaler": noted("bfloat16 needs none"),
        "gradient_accumulation_steps": refused("write a larger batch_size, and delete it").unless(
            0, 1, because="each batch is a step"
        ),
        "grad_clipping": part("GradClipping", "gradient_clipping_by_norm, of tables and all other weights together"),
        "keep_checkpoint_max": whole("0, which keeps all there, is the default here, 10"),
        "save_checkpoints_timestamp_interval": noted("checkpoints are saved by steps"),
        "save_checkpoints_timestamps": noted("checkpoints are saved by steps"),
        "save_checkpoints_timestamp_quorum": noted("checkpoints are saved by steps"),
        "delta_embedding_dump_config": refused("rows of tables are not sent out during a training: delete it"),
        "ema_config": refused("weights are not averaged: delete it"),
    },
    "GradClipping": {
        "clipping_type": text("norm, or none"),
        "max_gradient": real(),
        "norm_type": refused("the norm is the Euclidean one: delete it").unless(2, because="it is the Euclidean norm"),
        "enable_global_grad_clip": noted("the gradient is summed over all replicas first"),
    },
    "SparseOptimizer": {
        "sgd_optimizer": part("FusedSGDOptimizer", oneof="optimizer"),
        "adagrad_optimizer": part("FusedAdagradOptimizer", oneof="optimizer"),
        "adam_optimizer": part(
            "FusedAdamOptimizer", "of tables it touches the rows of the batch alone", oneof="optimizer"
        ),
        "lars_sgd_optimizer": _OTHER_RULE,
        "lamb_optimizer": _OTHER_RULE,
        "partial_rowwise_lamb_optimizer": _OTHER_RULE,
        "partial_rowwise_adam_optimizer": refused("a row has no rate of its own: write adam_optimizer"),
        "rowwise_adagrad_optimizer": refused("a row has no rate of its own: write adagrad_optimizer"),
        "ftrl_optimizer": refused("write adagrad_optimizer here, and ftrl_optimizer in the new config"),
        **_SCHEDULES,
    },
    "DenseOptimizer": {
        "sgd_optimizer": part("SGDOptimizer", oneof="optimizer"),
        "adagrad_optimizer": part("AdagradOptimizer", oneof="optimizer"),
        "adam_optimizer": part("AdamOptimizer", oneof="optimizer"),
        "adamw_optimizer": part("AdamWOptimizer", oneof="optimizer"),
        "part_optimizers": refused("all weights but tables have one optimizer: delete it"),
        "param_optimizers": refused("all weights but tables have one optimizer: delete it"),
        **_SCHEDULES,
    },
    "FusedSGDOptimizer": {"lr": real(), "gradient_clipping": _CLIPPED, "max_gradient": _OF_CLIPPING},
    "FusedAdagradOptimizer": {
        "lr": real(),
        "initial_accumulator_value": real(),
        "gradient_clipping": _CLIPPED,
        "max_gradient": _OF_CLIPPING,
    },
    "FusedAdamOptimizer": {
        "lr": real(),
        "beta1": real(),
        "beta2": real(),
        "weight_decay": _NO_DECAY,
        "gradient_clipping": _CLIPPED,
        "max_gradient": _OF_CLIPPING,
    },
    "SGDOptimizer": {"lr": real(), "momentum": real("0.9 is the default, as there"), "weight_decay": _NO_DECAY},
    "AdagradOptimizer": {"lr": real(), "initial_accumulator_value": real(), "weight_decay": _NO_DECAY},
    "AdamOptimizer": {"lr": real(), "beta1": real(), "beta2": real(), "weight_decay": _NO_DECAY},
    "AdamWOptimizer": {
        "lr": real(),
        "beta1": real(),
        "beta2": real(),
        "weight_decay": real("times the rate, as it is not multiplied by it here; only under a constant rate"),
    },
    "ConstantLR": {},
    "ExponentialDecayLR": {
        "decay_size": whole("decay_steps"),
        "decay_factor": real(),
        "staircase": flag(),
        "warmup_learning_rate": real("burnin_learning_rate"),
        "warmup_size": whole("burnin_steps"),
        "min_learning_rate": real(),
        "by_epoch": _BY_EPOCH,
    },
    "ManualStepLR": {
        "schedule_sizes": whole("the steps of schedule", is_list=True),
        "learning_rates": real(is_list=True),
        "warmup": flag(),
        "by_epoch": _BY_EPOCH,
    },
    "CosineAnnealingLR": {
        "T_max": whole("total_steps, the warmup counted"),
        "min_learning_rate": refused("the rate falls to 0: write 0").unless(0, because="the rate falls to 0"),
        "warmup_learning_rate": real(),
        "warmup_size": whole("warmup_steps"),
        "by_epoch": _BY_EPOCH,
    },
    "EvalConfig": {
        "num_steps": whole("num_examples, that many batches of rows"),
        "log_step_count_steps": noted("an evaluation logs its progress by itself"),
        "evaluator_type": noted("export_config.exporter_type says which checkpoint is measured"),
    },
    "ExportConfig": {
        "exporter_type": text("latest or best"),
        "best_exporter_metric": text("named as `evaluate` prints it, such as auc_ctr"),
        "metric_larger_is_better": flag("metric_bigger"),
        "mixed_precision": text("BF16: half_precision"),
        "cudnn_allow_tf32": _GPU,
        "cuda_matmul_allow_tf32": _GPU,
        "export_format": refused("an export is a SavedModel: delete it").unless(
            "TORCHSCRIPT", because="an export is a SavedModel"
        ),
    },
}
