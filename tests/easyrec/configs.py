"""Parts of configs in EasyRec's dialect: columns, features and optimizers."""

COLUMNS = """
  input_fields { input_name: "user" input_type: STRING }
  input_fields { input_name: "page" input_type: INT64 }
  input_fields { input_name: "app" input_type: INT64 default_val: "0" }
  input_fields { input_name: "brand" }
  input_fields { input_name: "kind" }
  input_fields { input_name: "age" input_type: INT32 }
  input_fields { input_name: "price" input_type: FLOAT }
  input_fields { input_name: "size" input_type: DOUBLE }
  input_fields { input_name: "likes" input_type: INT64 }
  input_fields { input_name: "flag" input_type: BOOL }
  input_fields { input_name: "tags" }
  input_fields { input_name: "topics" }
  input_fields { input_name: "vector" input_type: FLOAT input_dim: 3 input_shape: 3 }
  input_fields { input_name: "history" }
  input_fields { input_name: "steps" }
  input_fields { input_name: "times" }
  input_fields { input_name: "map" }
  input_fields { input_name: "s[1-2]" }
  input_fields { input_name: "weight" input_type: FLOAT }
  input_fields { input_name: "click" input_type: INT32 }
  input_fields { input_name: "buy" input_type: INT32 }
  input_fields { input_name: "stars" input_type: INT64 }
  input_fields { input_name: "paid" input_type: FLOAT }
  input_fields { input_name: "share" input_type: FLOAT }
  input_fields { input_name: "teacher" input_type: FLOAT }
  input_fields { input_name: "teachers" }
  input_fields { input_name: "seen" }
  input_fields { input_name: "seen_brands" }
  input_fields { input_name: "seen_times" }
"""
DATA = """
train_input_path: "nowhere/train" eval_input_path: "nowhere/eval" model_dir: "run"
data_config {
  input_type: %s batch_size: 256 auto_expand_input_fields: true label_fields: [%s] %s
  %s
}
"""
IDS = """
  features { input_names: "user" embedding_dim: 8 hash_bucket_size: 2000 }
  features { input_names: "app" feature_type: IdFeature embedding_dim: 8 num_buckets: 40 embedding_name: "apps" }
  features {
    input_names: "brand" embedding_dim: 8 vocab_list: ["a", "b", "c", "d"]
    initializer { truncated_normal_initializer { mean: 0 stddev: 0.1 } }
  }
  features {
    input_names: "kind" embedding_dim: 8 vocab_file: "nowhere/kinds.txt"
    initializer { glorot_normal_initializer { } }
  }
  features { input_names: "age" feature_type: RawFeature embedding_dim: 8 boundaries: [18, 25, 40, 65] }
  features { input_names: "s1" embedding_dim: 8 hash_bucket_size: 900 embedding_name: "two" shared_names: "s2" }
"""
NUMBERS = """
  features { input_names: "price" feature_type: RawFeature min_val: 0 max_val: 20 }
  features {
    input_names: "likes" feature_type: RawFeature normalizer_fn: "log1p" embedding_dim: 8
    initializer { random_normal_initializer { mean: 0 stddev: 0.1 } }
  }
  features { input_names: "size" feature_type: RawFeature num_buckets: 10 min_val: 0 max_val: 1 embedding_dim: 8 }
  features { input_names: "vector" feature_type: RawFeature raw_input_dim: 3 separator: ";" }
  features { feature_name: "sizes" input_names: "size" embedding_dim: 8 hash_bucket_size: 400 precision: 1 }
  features {
    feature_name: "grown" feature_type: ExprFeature input_names: ["age", "flag"] expression: "(age >= 18) & flag"
  }
"""
LISTS = """
  features {
    input_names: "tags" feature_type: TagFeature embedding_dim: 8 hash_bucket_size: 900 separator: "|" kv_separator: ":"
    combiner: "mean" initializer { constant_initializer { consts: 0.01 } }
  }
  features {
    feature_name: "mine" input_names: ["app", "map"] feature_type: LookupFeature embedding_dim: 8 hash_bucket_size: 1000
    separator: "|" kv_separator: ":" lookup_max_sel_elem_num: 3
  }
  features {
    feature_name: "cross" input_names: ["brand", "topics"] feature_type: ComboFeature embedding_dim: 8
    hash_bucket_size: 4000 combo_join_sep: "_x_" combo_input_seps: ["", "|"] combiner: "mean"
  }
"""
SEQUENCES = """
  features {
    input_names: "history" feature_type: SequenceFeature embedding_dim: 8 num_buckets: 40 embedding_name: "apps"
    separator: "|" max_seq_len: 10 sequence_combiner { attention { } }
  }
  features {
    input_names: "steps" feature_type: SequenceFeature sub_feature_type: IdFeature embedding_dim: 8
    hash_bucket_size: 1000 separator: ";" seq_multi_sep: "|" combiner: "mean" sequence_length: 8
    sequence_combiner { attention { } }
  }
  features {
    input_names: "times" feature_type: SequenceFeature sub_feature_type: RawFeature embedding_dim: 8
    boundaries: [1, 2, 5, 10] sequence_combiner { attention { } }
  }
"""
OPTIMIZERS = {
    "adam": """adam_optimizer { beta1: 0.9 beta2: 0.999
      learning_rate { constant_learning_rate { learning_rate: 0.01 } } }""",
    "lazy_adam": """lazy_adam_optimizer { beta1: 0.9 beta2: 0.999 learning_rate { exponential_decay_learning_rate {
      initial_learning_rate: 0.01 decay_steps: 100 decay_factor: 0.5 staircase: true burnin_learning_rate: 0.001
      burnin_steps: 10 min_learning_rate: 0.001 } } } embedding_learning_rate_multiplier: 2""",
    "adam_async": """adam_async_optimizer { beta1: 0.9 beta2: 0.999 learning_rate { cosine_decay_learning_rate {
      learning_rate_base: 0.01 total_steps: 300 warmup_learning_rate: 0.001 warmup_steps: 10
      hold_base_rate_steps: 50 } } }""",
    "rms_prop": """rms_prop_optimizer { momentum_optimizer_value: 0.5 decay: 0.9 epsilon: 1e-3 learning_rate {
      manual_step_learning_rate { initial_learning_rate: 0.003 schedule { step: 100 learning_rate: 0.002 }
      warmup: true } } }""",
    "adagrad": """adagrad_optimizer { initial_accumulator_value: 0.1 learning_rate { poly_decay_learning_rate {
      learning_rate_base: 0.1 total_steps: 400 power: 1 end_learning_rate: 0.01 } } }""",
    "ftrl": """ftrl_optimizer { learning_rate_power: -0.5 initial_accumulator_value: 0.1 l1_reg: 1e-6 l2_reg: 1e-6
      l2_shrinkage_reg: 1e-6 learning_rate { constant_learning_rate { learning_rate: 0.1 } } }""",
    "adamw": """adamw_optimizer { weight_decay: 1e-6 beta1: 0.9 beta2: 0.999 learning_rate { transformer_learning_rate {
      learning_rate_base: 0.1 hidden_size: 64 warmup_steps: 50 step_scaling_rate: 1 } } }""",
    "momentum": """momentum_optimizer { momentum_optimizer_value: 0.9
      learning_rate { constant_learning_rate { learning_rate: 0.3 } } }""",
    "momentumw": """momentumw_optimizer { momentum_optimizer_value: 0.9 weight_decay: 1e-6
      learning_rate { constant_learning_rate { learning_rate: 0.3 } } }""",
    "adam_asyncw": """adam_asyncw_optimizer { weight_decay: 1e-6 beta1: 0.9 beta2: 0.999
      learning_rate { constant_learning_rate { learning_rate: 0.01 } } }""",
}


def config(
    model, features, names, labels='"click"', kind="CSVInput", data="", optimizer="adam", more="", groups="", train=""
):
    """A config's text: data, features, one group `all` of the names (or the groups), and a model.

    Features that are written as feature_configs have EasyRec's older spelling.
    """
    spelling = features if "feature_configs" in features else f"feature_config {{ {features} }}"
    quoted = ", ".join(f'"{name}"' for name in names)
    groups = groups or f'feature_groups {{ group_name: "all" feature_names: [{quoted}] wide_deep: DEEP }}'
    return (
        DATA % (kind, labels, data, COLUMNS)
        + f"train_config {{ num_steps: 200 optimizer_config {{ {OPTIMIZERS[optimizer]} }} {train} }}\n{spelling}\n"
        + f"model_config {{ {groups}\n{model} }}\n{more}"
    )


# Joined item by item, and attended to.
HISTORIES = """
  features {
    input_names: "seen" feature_type: SequenceFeature embedding_dim: 8 num_buckets: 40 embedding_name: "apps"
  }
  features { input_names: "seen_brands" feature_type: SequenceFeature embedding_dim: 8 hash_bucket_size: 900 }
  features {
    input_names: "seen_times" feature_type: SequenceFeature sub_feature_type: RawFeature embedding_dim: 8
    boundaries: [1, 2, 5]
  }
"""
ID_NAMES = ("user", "app", "brand", "kind", "age", "s1", "s2")
NUMBER_NAMES = ("price", "likes", "size", "sizes", "vector", "grown")
LIST_NAMES = ("tags", "mine", "cross")
SEQUENCE_NAMES = ("history", "steps", "times")


def losses(*texts):
    return " ".join(f"losses {{ {text} }}" for text in texts)


def regression(name, label, loss, metric="root_mean_squared_error"):
    return f'task_towers {{ tower_name: "{name}" label_name: "{label}" {loss} metrics_set {{ {metric} {{ }} }} }}'


def wide_and_deep(names=ID_NAMES):
    quoted = ", ".join(f'"{name}"' for name in names)
    return "".join(
        f'feature_groups {{ group_name: "{group}" feature_names: [{quoted}] wide_deep: {group.upper()} }}\n'
        for group in ("wide", "deep")
    )
