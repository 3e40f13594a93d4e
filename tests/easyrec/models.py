"""Models in EasyRec's dialect that together give every field which is obeyed, each small."""

from tests.easyrec.configs import (
    HISTORIES,
    ID_NAMES,
    IDS,
    LIST_NAMES,
    LISTS,
    NUMBER_NAMES,
    NUMBERS,
    OPTIMIZERS,
    SEQUENCE_NAMES,
    SEQUENCES,
    config,
    losses,
    regression,
    wide_and_deep,
)

ALL_IDS = ", ".join(f'"{name}"' for name in ID_NAMES)
CTR = 'tower_name: "ctr" label_name: "click"'
BUY = 'tower_name: "buy" label_name: "buy"'
SMALL = "dnn { hidden_units: [16] }"
F1 = "losses { loss_type: F1_REWEIGHTED_LOSS f1_reweighted_loss { f1_beta_square: 1 label_smoothing: 0.01 } }"
FOCAL = """losses { loss_type: BINARY_FOCAL_LOSS binary_focal_loss {
  gamma: 1 alpha: 0.5 ohem_ratio: 0.9 label_smoothing: 0.01 } }"""
# In the quick suite: one tower; several tasks that read sequences.
QUICK = {
    "deepfm": config(
        f"""
        model_class: "DeepFM" loss_type: CLASSIFICATION label_name: "click"
        deepfm {{
          {SMALL} final_dnn {{ hidden_units: [8] }} wide_output_dim: 4 l2_regularization: 1e-6
        }}
        """,
        IDS,
        ID_NAMES,
        kind="ParquetInput",
        groups=wide_and_deep(),
        optimizer="lazy_adam",
        more="eval_config { metrics_set { auc { } } metrics_set { max_f1 { } } metrics_set { precision { } } "
        "metrics_set { recall { } } metrics_set { accuracy { } } metrics_set { mean_absolute_error { } } "
        "metrics_set { mean_squared_error { } } metrics_set { root_mean_squared_error { } } }",
    ),
    "dbmtl_sequences": config(
        f"""
        model_class: "DBMTL"
        dbmtl {{
          bottom_dnn {{ hidden_units: [16] }} expert_dnn {{ hidden_units: [16] }} num_expert: 2
          task_towers {{ {CTR} {SMALL} }}
          task_towers {{
            {BUY} relation_tower_names: "ctr" relation_dnn {{ hidden_units: [8] }}
            {losses("loss_type: CLASSIFICATION", "loss_type: ORDER_CALIBRATE_LOSS weight: 0.1")}
          }}
          l2_regularization: 1e-6
        }}
        """,
        IDS + SEQUENCES,
        ("user", "app", "age", *SEQUENCE_NAMES),
        labels='"click", "buy"',
    ),
}
OTHERS = {
    "din_sequences": config(
        f"""
        model_class: "SimpleMultiTask" loss_weight_strategy: Random
        simple_multi_task {{ task_towers {{ {CTR} {SMALL} }} task_towers {{ {BUY} {SMALL} }} }}
        """,
        IDS + HISTORIES,
        (),
        labels='"click", "buy"',
        groups=f"""
        feature_groups {{
          group_name: "all" feature_names: [{ALL_IDS}]
          sequence_features {{
            group_name: "seen" seq_att_map {{
              key: ["app", "brand"] hist_seq: ["seen", "seen_brands"] aux_hist_seq: "seen_times"
            }}
            seq_dnn {{ hidden_units: [8, 1] }} allow_key_search: false need_key_feature: true
          }}
          sequence_features {{
            group_name: "searched" seq_att_map {{ key: "app" hist_seq: ["seen", "seen_times"] }}
            allow_key_search: true allow_key_transform: true transform_dnn: true
          }}
        }}
        """,
    ),
    "multi_tower_din": config(
        f"""
        model_class: "MultiTowerDIN" seq_att_groups {{
          group_name: "seen" seq_att_map {{ key: "app" hist_seq: "seen" }}
        }}
        multi_tower {{
          towers {{ input: "all" {SMALL} }}
          din_towers {{ input: "seen" dnn {{ hidden_units: [8, 1] }} }} final_dnn {{ hidden_units: [16] }}
        }}
        """,
        IDS + HISTORIES,
        ID_NAMES,
    ),
    "taught_classes": config(
        f"""
        model_class: "DeepFM" loss_type: CLASSIFICATION num_class: 3 label_name: "stars"
        kd {{ pred_name: "logits" soft_label_name: "teachers" loss_type: CROSS_ENTROPY_LOSS loss_weight: 0.1 }}
        deepfm {{ {SMALL} final_dnn {{ hidden_units: [8] }} }}
        """,
        IDS,
        ID_NAMES,
        labels='"stars", "teachers"',
        data='label_dim: [1, 3] label_sep: ["|", "|"]',
        groups=wide_and_deep(),
        more="eval_config { metrics_set { accuracy { } } }",
    ),
    "mmoe": config(
        f"""
        model_class: "MMoE" embedding_regularization: 1e-6 loss_weight_strategy: Uncertainty
        mmoe {{
          expert_dnn {{ hidden_units: [16] activation: "tf.nn.relu" use_bn: true dropout_ratio: [0.1] }} num_expert: 2
          task_towers {{ {CTR} {SMALL} weight: 1.0 loss_type: CLASSIFICATION use_sample_weight: false }}
          task_towers {{
            {BUY} metrics_set {{ auc {{ }} }} task_space_indicator_label: "click" in_task_space_weight: 1
            out_task_space_weight: 0.5
            losses {{ loss_type: CLASSIFICATION weight: 1.0 learn_loss_weight: true }}
            losses {{ loss_type: PAIR_WISE_LOSS weight: 0.3 }}
          }}
          l2_regularization: 1e-6
        }}
        """,
        IDS + LISTS,
        (*ID_NAMES, *LIST_NAMES),
        labels='"click", "buy"',
        data='sample_weight: "weight" separator: "," with_header: true shuffle: true shuffle_buffer_size: 1000 '
        "num_epochs: 0 prefetch_size: 2 eval_batch_size: 512 drop_remainder: true",
        train="save_checkpoints_steps: 200 gradient_clipping_by_norm: 5 save_summary_steps: 100 "
        "log_step_count_steps: 100 keep_checkpoint_max: 2 train_distribute: NoStrategy",
        more='eval_config { num_examples: 1000 metrics_set { gauc { uid_field: "user" reduction: "mean" } } '
        'metrics_set { auc { } } metrics_set { session_auc { session_id_field: "page" reduction: "mean" } } }',
    ),
    "esmm": config(
        f"""
        model_class: "ESMM"
        esmm {{
          groups {{ input: "user" {SMALL} }} groups {{ input: "item" {SMALL} }}
          ctr_tower {{ {CTR} {SMALL} }} cvr_tower {{ tower_name: "cvr" label_name: "buy" {SMALL} }}
          l2_regularization: 1e-6
        }}
        """,
        IDS,
        (),
        labels='"click", "buy"',
        kind="TFRecordInput",
        groups="""
        feature_groups { group_name: "user" feature_names: ["user", "brand", "age"] }
        feature_groups { group_name: "item" feature_names: ["app", "kind", "s1", "s2"] }
        """,
        optimizer="adam_async",
    ),
    "mmoe_experts": config(
        f"""
        model_class: "MMoE"
        mmoe {{
          fm {{ }} experts {{ dnn {{ hidden_units: [16] }} }} experts {{ dnn {{ hidden_units: [16] }} }}
          task_towers {{ {CTR} }}
          task_towers {{
            {BUY} task_space_indicator_name: "brand" task_space_indicator_value: "a" in_task_space_weight: 1
            out_task_space_weight: 0.5
          }}
        }}
        """,
        IDS,
        ID_NAMES,
        labels='"click", "buy"',
        optimizer="rms_prop",
        train='freeze_gradient: "input_layer/brand.*"',
        groups=f'feature_groups {{ group_name: "all" feature_names: [{ALL_IDS}] wide_deep: WIDE_AND_DEEP }}',
    ),
    "ple": config(
        f"""
        model_class: "PLE"
        ple {{
          extraction_networks {{
            network_name: "first" expert_num_per_task: 1 share_num: 1 task_expert_net {{ hidden_units: [16] }}
            share_expert_net {{ hidden_units: [16] }}
          }}
          task_towers {{ {CTR} {F1} }}
          task_towers {{ {BUY} {FOCAL} }}
          l2_regularization: 1e-6
        }}
        """,
        IDS,
        ID_NAMES,
        labels='"click", "buy"',
        optimizer="adagrad",
    ),
    "simple_multi_task": config(
        f"""
        model_class: "SimpleMultiTask" variational_dropout {{
          regularization_lambda: 0.001 embedding_wise_variational_dropout: true
        }}
        simple_multi_task {{
          task_towers {{
            {CTR} {SMALL}
            {
            losses(
                'loss_type: JRC_LOSS jrc_loss { session_name: "page" alpha: 0.5 same_label_loss: true }',
            )
        }
          }}
          {
            regression(
                "paid",
                "paid",
                '''losses { loss_type: ZILN_LOSS ziln_loss { mu_regularization: 0.01
              sigma_regularization: 0.01 max_log_clip_value: 10 max_sigma: 4 return_log_pred_value: false
              classification_weight: 1 regression_weight: 1 } }''',
            )
        }
          {regression("stars", "stars", "loss_type: L2_LOSS")}
          {regression("share", "share", "loss_type: SIGMOID_L2_LOSS", "mean_squared_error")}
          l2_regularization: 1e-6
        }}
        """,
        IDS + NUMBERS,
        (*ID_NAMES, *NUMBER_NAMES),
        labels='"click", "stars", "paid", "share"',
        optimizer="ftrl",
    ),
    "pairs": config(
        f"""
        model_class: "SimpleMultiTask"
        simple_multi_task {{
          task_towers {{
            {CTR} {SMALL}
            {
            losses(
                "loss_type: CLASSIFICATION",
                'loss_type: PAIR_WISE_LOSS pairwise_loss { margin: 0 session_name: "page" temperature: 1 }',
                '''loss_type: PAIRWISE_FOCAL_LOSS pairwise_focal_loss { gamma: 1 alpha: 0.5 hinge_margin: 1
                   session_name: "page" ohem_ratio: 0.9 temperature: 1 }''',
                '''loss_type: PAIRWISE_LOGISTIC_LOSS pairwise_logistic_loss { temperature: 1 session_name: "page"
                   hinge_margin: 1 ohem_ratio: 0.9 use_label_margin: false }''',
                '''loss_type: PAIRWISE_HINGE_LOSS pairwise_hinge_loss { temperature: 1 session_name: "page" margin: 1
                   ohem_ratio: 0.9 label_is_logits: false use_label_margin: false }''',
                '''loss_type: LISTWISE_RANK_LOSS listwise_rank_loss { temperature: 1 session_name: "page"
                   label_is_logits: false }''',
            )
        }
          }}
          task_towers {{
            tower_name: "stars" label_name: "stars" num_class: 5 metrics_set {{ recall_at_topk {{ topk: 2 }} }}
            metrics_set {{ accuracy {{ }} }}
          }}
        }}
        kd {{
          loss_name: "from_teacher" pred_name: "logits_ctr" pred_is_logits: true soft_label_name: "teacher"
          label_is_logits: true loss_type: CROSS_ENTROPY_LOSS loss_weight: 0.1 temperature: 2
          task_space_indicator_name: "brand" task_space_indicator_value: "a" in_task_space_weight: 1
          out_task_space_weight: 0.5
        }}
        """,
        IDS,
        ID_NAMES,
        labels='"click", "stars", "teacher"',
        optimizer="adamw",
    ),
    "wide_and_deep": config(
        f"""
        model_class: "WideAndDeep" loss_weight_strategy: Fixed
        wide_and_deep {{ wide_output_dim: 2 {SMALL} final_dnn {{ hidden_units: [8] }} l2_regularization: 1e-6 }}
        """,
        IDS,
        ID_NAMES,
        groups=wide_and_deep(),
        optimizer="momentum",
        # The first one is of first-order weights.
        train=f"optimizer_config {{ {OPTIMIZERS['adam']} }}",
        more='export_config { exporter_type: "best" best_exporter_metric: "auc" metric_bigger: true '
        "enable_early_stop: true max_check_steps: 1000 exports_to_keep: 2 }",
    ),
    "fm": config(
        'model_class: "FM" fm { }',
        IDS,
        ID_NAMES,
        groups=wide_and_deep(),
        optimizer="momentumw",
    ),
    "deepfm_dense": config(
        f"""
        model_class: "DeepFM" {losses("loss_type: CLASSIFICATION")} num_class: 1
        deepfm {{ {SMALL} dense_regularization: 1e-6 }}
        """,
        IDS,
        ID_NAMES,
        groups=wide_and_deep(),
        kind="BatchTFRecordInput",
        optimizer="adam_asyncw",
    ),
    "multi_tower": config(
        f"""
        model_class: "MultiTower"
        multi_tower {{
          towers {{ input: "user" {SMALL} }} towers {{ input: "item" {SMALL} }} final_dnn {{ hidden_units: [16] }}
          l2_regularization: 1e-6
        }}
        """,
        IDS,
        (),
        groups="""
        feature_groups { group_name: "user" feature_names: ["user", "brand", "age"] }
        feature_groups { group_name: "item" feature_names: ["app", "kind", "s1", "s2"] }
        """,
        train="train_distribute: MirroredStrategy",
    ),
    "dcn": config(
        f"""
        model_class: "DCN"
        dcn {{
          deep_tower {{ input: "all" {SMALL} }} cross_tower {{ input: "all" cross_num: 2 }}
          final_dnn {{ hidden_units: [16] }} l2_regularization: 1e-6
        }}
        """,
        IDS + NUMBERS,
        (*ID_NAMES, *NUMBER_NAMES),
        kind="ParquetInput",
    )
    .replace("train_input_path", "parquet_train_input")
    .replace("eval_input_path", "parquet_eval_input"),
    "dlrm": config(
        """
        model_class: "DLRM"
        dlrm {
          top_dnn { hidden_units: [16] } bot_dnn { hidden_units: [8] } arch_interaction_op: "dot"
          arch_interaction_itself: true arch_with_dense_feature: true l2_regularization: 1e-6
        }
        """,
        (IDS + NUMBERS).replace("  features {", "  feature_configs {"),
        (),
        groups="""
        feature_groups { group_name: "dense" feature_names: ["price"] wide_deep: DEEP }
        feature_groups { group_name: "sparse" feature_names: ["user", "app", "brand", "kind", "age", "s1", "s2"] }
        """,
    ),
}
CONFIGS = QUICK | OTHERS
