"""Verdicts on the outermost message, on train_config, eval_config and export_config."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used

_STREAM = "streams are not read; write the rows to CSV, Parquet or TFRecord files and name them in {path}"
_HIVE = "tables of Hive are not read; name their files in {path}, with input_type: CSVInput or ParquetInput"
_BINARY = "Criteo's binary form is not read; write the rows to CSV, Parquet or TFRecord files and name them in {path}"
_THREADS = "TensorFlow chooses; the environment variable {name} sets it"
_OWN_STOP = "no function is taken from a config; early stopping is by best_exporter_metric and max_check_steps"

TRAIN: dict[str, dict[str, Verdict]] = {
    "EasyRecConfig": {
        "train_input_path": used("paths and globs, separated by commas; they start at the working directory"),
        "kafka_train_input": refused(_STREAM.format(path="train_input_path")),
        "datahub_train_input": refused(_STREAM.format(path="train_input_path")),
        "hive_train_input": refused(_HIVE.format(path="train_input_path")),
        "binary_train_input": refused(_BINARY.format(path="train_input_path")),
        "parquet_train_input": used("as train_input_path"),
        "eval_input_path": used("paths and globs, separated by commas; they start at the working directory"),
        "kafka_eval_input": refused(_STREAM.format(path="eval_input_path")),
        "datahub_eval_input": refused(_STREAM.format(path="eval_input_path")),
        "hive_eval_input": refused(_HIVE.format(path="eval_input_path")),
        "binary_eval_input": refused(_BINARY.format(path="eval_input_path")),
        "parquet_eval_input": used("as eval_input_path"),
        "model_dir": used("a local folder"),
        "train_config": used(),
        "eval_config": used(),
        "data_config": used(),
        "feature_configs": used("the older spelling of feature_config { features }"),
        "feature_config": used(),
        "model_config": used(),
        "export_config": used(),
        "fg_json_path": refused("features of a feature generator's file are not read; write them in feature_config"),
    },
    "TrainConfig": {
        "optimizer_config": used(
            "one for all weights, or two: of embeddings, and of all others; of a wide_and_deep the first of several is"
            " of first-order weights"
        ),
        "gradient_clipping_by_norm": used("the norm of the whole gradient, after duplicate ids are summed"),
        "num_steps": used(),
        "fine_tune_checkpoint": used("weights are taken by name and shape, and the log says which were not"),
        "fine_tune_ckpt_var_map": used(
            "tables by their names in the config or EasyRec's; other names are this package's"
        ),
        "sync_replicas": noted("the strategy decides: all but ParameterServerStrategy keep replicas in step"),
        "sparse_accumulator_type": noted("gradients of tables are summed by row always"),
        "startup_delay_steps": noted("workers start together"),
        "save_checkpoints_steps": used(),
        "save_checkpoints_secs": noted("checkpoints are saved by steps, every save_checkpoints_steps"),
        "keep_checkpoint_max": used(),
        "save_summary_steps": used(),
        "log_step_count_steps": used("the default is 100"),
        "is_profiling": noted("the model is the same; TensorBoard can profile a training from outside"),
        "force_restore_shape_compatible": refused(
            "weights of another shape are never cut or padded, they begin anew: write false"
        ).unless(False, because="weights of another shape begin anew, and the log names them"),
        "train_distribute": used(),
        "num_gpus_per_worker": noted("all GPUs that TensorFlow sees are used; CUDA_VISIBLE_DEVICES chooses them"),
        "summary_model_vars": noted("summaries hold losses, rates and norms, no weights"),
        "protocol": noted("processes speak gRPC"),
        "inter_op_parallelism_threads": noted(_THREADS.format(name="TF_NUM_INTEROP_THREADS")),
        "intra_op_parallelism_threads": noted(_THREADS.format(name="TF_NUM_INTRAOP_THREADS")),
        "tensor_fuse": noted("it speeds up Alibaba's TensorFlow alone"),
        "write_graph": noted("the graph is in the export"),
        "freeze_gradient": used(
            "tables have EasyRec's names, layers of networks have names of this package; a pattern that fits no name is"
            " an error which lists them"
        ),
        "incr_save_config": refused(
            "rows of tables are not sent out during a training: export after it, and delete it"
        ),
        "enable_oss_stop_signal": refused("no file ends a training: write false, and send SIGTERM").unless(
            False, because="SIGTERM ends a training here, after it has saved"
        ),
        "dead_line": refused("a training ends by steps or epochs: delete it, and end it at a time with SIGTERM"),
    },
    "DistributionStrategy": {
        "NoStrategy": used(),
        "PSStrategy": used("the same as ParameterServerStrategy"),
        "MirroredStrategy": used(),
        "CollectiveAllReduceStrategy": used("the same as MultiWorkerMirroredStrategy"),
        "ExascaleStrategy": refused("it is of Alibaba's platform; write ParameterServerStrategy"),
        "MultiWorkerMirroredStrategy": used(),
        "HorovodStrategy": refused("Horovod is not used; write MultiWorkerMirroredStrategy"),
        "SokStrategy": refused("SparseOperationKit is not used; write MirroredStrategy"),
        "EmbeddingParallelStrategy": refused(
            "tables are not divided over GPUs; write MirroredStrategy, or ParameterServerStrategy whose servers divide"
            " them"
        ),
    },
    "EvalConfig": {
        "num_examples": used(),
        "eval_interval_secs": noted("evaluations follow checkpoints, every save_checkpoints_steps"),
        "max_evals": noted("every checkpoint is evaluated where export_config needs it"),
        "save_graph": noted("the graph is in the export"),
        "metrics_set": used("for all towers that list none"),
        "eval_online": noted("metrics are measured on eval_input_path alone"),
    },
    "ExportConfig": {
        "batch_size": noted("an export takes any number of rows"),
        "exporter_type": used("final, latest or best; none is noted, as training never exports"),
        "best_exporter_metric": used(
            "named as `evaluate` prints it, such as auc_ctr; a model with one tower takes auc too"
        ),
        "metric_bigger": used(),
        "enable_early_stop": used(),
        "early_stop_func": refused(_OWN_STOP),
        "early_stop_params": refused(_OWN_STOP),
        "max_check_steps": used(),
        "multi_placeholder": noted("an export takes each column as an input of its own, and serialized tf.Examples"),
        "exports_to_keep": used("the default is 0, all"),
        "multi_value_fields": noted("lists of any length are taken, as one text joined by the feature's separator"),
        "auto_multi_value": noted("lists of any length are taken, as one text joined by the feature's separator"),
        "placeholder_named_by_input": noted("inputs of an export have the names of the columns always"),
        "filter_inputs": noted("an export asks only for the columns that its features read"),
        "export_features": refused(
            "an export answers scores alone; a request holds every column that its features read: write false"
        ).unless(False, because="an export answers scores alone"),
        "export_rtp_outputs": refused("an export has no outputs for RTP: write false").unless(
            False, because="an export has no outputs for RTP"
        ),
        "asset_files": used("copied into assets/ of the export, under their own names"),
    },
    "MultiValueFields": {
        "input_name": noted("lists of any length are taken, as one text joined by the feature's separator"),
    },
}
