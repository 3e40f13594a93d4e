from google.protobuf import text_format

from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.training.tracking.hyperparameters import hyperparameters

CONFIG = """
train_input_path: "a.csv"
model_dir: "out/run"
train_config {
  mlflow_uri: "sqlite:///a.db"
  num_steps: 500
  deterministic: false
  train_distribute: MirroredStrategy
  optimizer_config { of_first_order_weights: true ftrl_optimizer { l1_reg: 0.1 } }
  optimizer_config { adam_optimizer { } }
}
data_config { batch_size: 256 label_fields: "click" input_fields { input_name: "click" } }
model_config {
  feature_groups { group_name: "all" feature_names: "a" }
  embedding_regularization: 1e-5
  rank_model {
    head { independent { } }
    task_towers {
      tower_name: "ctr" label_name: "click" weight: 0.3
      dnn { hidden_units: 64 hidden_units: 32 dropout_ratio: 0.1 }
      metrics_set { auc { } }
    }
    task_towers { tower_name: "a b" weight: 2 }
    task_towers { tower_name: "a/b" weight: 3 }
  }
}
"""


def test_what_a_config_sets_has_short_names_and_the_digits_that_were_written():
    values, left_out = hyperparameters(text_format.Parse(CONFIG, PipelineConfig()))
    assert left_out == 0
    assert values == {
        "num_steps": 500,
        "deterministic": False,
        "train_distribute": "MirroredStrategy",
        "optimizer_config.0.of_first_order_weights": True,
        "optimizer_config.0.ftrl_optimizer.l1_reg": 0.1,
        "optimizer_config.1.adam_optimizer": "{}",
        "embedding_regularization": 1e-5,
        "head.independent": "{}",
        "task_towers.ctr.weight": 0.3,
        "task_towers.ctr.dnn.hidden_units": "64, 32",
        "task_towers.ctr.dnn.dropout_ratio": "0.1",
        "task_towers.a_b.weight": 2.0,
        "task_towers.a_b.weight_2": 3.0,
        "batch_size": 256,
    }


def test_no_more_than_asked_for_and_the_number_of_the_others():
    values, left_out = hyperparameters(text_format.Parse(CONFIG, PipelineConfig()), most=2)
    assert (list(values), left_out) == (
        ["optimizer_config.0.ftrl_optimizer.l1_reg", "optimizer_config.0.of_first_order_weights"],
        12,
    )
