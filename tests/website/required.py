"""What is added to the guide's first config so that required fields stand in it which the guide itself never shows."""

_NET = "{ hidden_units: 8 }"
_TWO_TOWERS = f"""
task_towers {{ tower_name: "ctr" label_name: "click" dnn {_NET} }}
task_towers {{ tower_name: "cvr" label_name: "download" dnn {_NET} }}
"""
_FEATURES = 'feature_names: ["user_id", "app_id", "price"]'
_ALL = f'feature_groups {{ group_name: "all" {_FEATURES} }}'
_DEEP = f"""
feature_groups {{ group_name: "deep" {_FEATURES} }}
feature_groups {{ group_name: "wide" {_FEATURES} wide_deep: WIDE }}
"""
_LISTS = """
data_config { input_fields { input_name: "seen" } }
feature_config { features {
  input_names: "seen" feature_type: SequenceFeature num_buckets: 5000 embedding_name: "app_id" embedding_dim: 16
  sequence_combiner { target_attention { key: "app_id" } }
} }
"""
_EXPERTS = f"expert_num_per_task: 1 share_num: 1 task_expert_net {_NET} share_expert_net {_NET}"


def _optimizer(schedule):
    return f"train_config {{ optimizer_config {{ adam_optimizer {{ learning_rate {{ {schedule} }} }} }} }}"


def _model(model, groups=_ALL):
    return f"model_config {{ {groups} {model} }}"


def _losses(losses):
    tower = f'tower_name: "ctr" label_name: "click" dnn {_NET} {losses}'
    return _model(f"rank_model {{ body {{ shared_bottom {{ }} }} task_towers {{ {tower} }} }}")


# Each replaces the guide's model_config, or stands beside it where it has none.
MORE = [
    'data_config { row_filter { column: "price" from: "1" } }',
    'feature_config { features { feature_name: "again" input_names: "price" feature_type: RawFeature embedding_dim: 16'
    " initializer { constant_initializer { consts: 0 } } } }",
    'feature_config { features { feature_name: "begun" input_names: "app_id" num_buckets: 5000 embedding_dim: 16'
    ' embedding_init { input_path: "vectors.parquet" } } }',
    _optimizer("manual_step_learning_rate { schedule { step: 10 } }"),
    _optimizer("poly_decay_learning_rate { learning_rate_base: 0.1 total_steps: 100 power: 1 }"),
    _optimizer("transformer_learning_rate { learning_rate_base: 0.1 hidden_size: 8 warmup_steps: 10 }"),
    'eval_config { metrics_set { gauc { uid_field: "user_id" } }'
    ' metrics_set { session_auc { session_id_field: "user_id" } } }',
    _model('score { output: "probs_ctr" } fm { }'),
    _model(f"deepfm {{ dnn {_NET} }}", _DEEP),
    _model(f"wide_and_deep {{ dnn {_NET} }}", _DEEP),
    _model(f'multi_tower {{ towers {{ input: "all" dnn {_NET} }} final_dnn {_NET} }}'),
    _LISTS
    + _model(
        f"""model_class: "MultiTowerDIN"
        seq_att_groups {{ group_name: "din" seq_att_map {{ key: "app_id" hist_seq: "seen" }} }}
        multi_tower {{
          towers {{ input: "all" dnn {_NET} }} din_towers {{ input: "din" dnn {{ hidden_units: [8, 1] }} }}
          final_dnn {_NET}
        }}"""
    ),
    _model(
        f'dcn {{ deep_tower {{ input: "all" dnn {_NET} }} cross_tower {{ input: "all" }} final_dnn {_NET} }}',
    ),
    _model(
        f"dlrm {{ bot_dnn {{ hidden_units: 16 }} top_dnn {_NET} }}",
        'feature_groups { group_name: "dense" feature_names: "price" }'
        ' feature_groups { group_name: "sparse" feature_names: ["user_id", "app_id"] }',
    ),
    _model(f"mmoe {{ experts {{ dnn {_NET} }} experts {{ dnn {_NET} }} {_TWO_TOWERS} }}"),
    _model(f"simple_multi_task {{ {_TWO_TOWERS} }}"),
    _model(f"dbmtl {{ bottom_dnn {_NET} {_TWO_TOWERS} }}"),
    _model(f"ple {{ extraction_networks {{ {_EXPERTS} }} {_TWO_TOWERS} }}"),
    _model(f"rank_model {{ body {{ ple {{ extraction_networks {{ {_EXPERTS} }} }} }} {_TWO_TOWERS} }}"),
    _model(f"rank_model {{ body {{ aitm {{ task_dnn {_NET} transfer_dnn {_NET} }} }} {_TWO_TOWERS} }}"),
    _model(
        """rank_model {
          body { custom { name: "mine" params { name: "units" int_value: 4 } } }
          task_towers {
            tower_name: "ctr" label_name: "click" losses { loss_type: CUSTOM custom_loss { name: "mine" } }
          }
        }"""
    ),
    _losses(
        "losses { loss_type: CLASSIFICATION } losses { loss_type: LISTWISE_RANK_LOSS"
        ' listwise_rank_loss { session_name: "user_id" } }'
    ),
    'data_config { label_fields: "taught" input_fields { input_name: "taught" input_type: FLOAT } }'
    + _model(
        f"""rank_model {{ body {{ shared_bottom {{ }} }} {_TWO_TOWERS} }}
        kd {{ loss_type: CROSS_ENTROPY_LOSS pred_name: "logits_ctr" soft_label_name: "taught" }}"""
    ),
]
