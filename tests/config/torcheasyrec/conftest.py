"""Configs in TorchEasyRec's dialect, as its users write them."""

import pytest

from apps_rec.config.torcheasyrec.read import read_torcheasyrec
from apps_rec.errors import ConfigError

HEAD = """\
train_input_path: "data/train/*.parquet"
eval_input_path: "data/eval/*.parquet"
model_dir: "experiments/store"
train_config {
    sparse_optimizer {
        adagrad_optimizer { lr: 0.001 }
        constant_learning_rate { }
    }
    dense_optimizer {
        adam_optimizer { lr: 0.001 }
        constant_learning_rate { }
    }
    num_epochs: 1
}
eval_config { }
data_config {
    batch_size: 512
    dataset_type: ParquetDataset
    fg_mode: FG_DAG
    label_fields: "click"
    label_fields: "download"
    num_workers: 8
}
"""
FEATURES = """\
feature_configs {
    id_feature { feature_name: "user" expression: "user:uid" hash_bucket_size: 1000 embedding_dim: 8 }
}
feature_configs {
    id_feature { feature_name: "app" expression: "item:app" num_buckets: 100 embedding_dim: 8 value_dim: 1 }
}
feature_configs {
    raw_feature { feature_name: "price" expression: "item:price" boundaries: [1, 2.5] embedding_dim: 8 }
}
"""
MODEL = """\
model_config {
    feature_groups { group_name: "main" feature_names: ["user", "app", "price"] group_type: DEEP }
    mmoe {
        expert_mlp { hidden_units: [16, 8] }
        num_expert: 2
        task_towers {
            tower_name: "ctr" label_name: "click"
            mlp { hidden_units: 8 }
            metrics { auc { } }
            losses { binary_cross_entropy { } }
        }
        task_towers {
            tower_name: "cvr" label_name: "download"
            mlp { hidden_units: 8 }
            metrics { auc { } }
            losses { binary_cross_entropy { } }
            weight: 0.5
        }
    }
}
"""
STORE = HEAD + FEATURES + MODEL


def read(text, *lists):
    """The config of a text, with labels as columns."""
    return read_torcheasyrec(text, "torch.config", lists, files_here=False)


def features_of(text, *lists, mode="FG_DAG"):
    """The features that some feature_configs become, by name, and the columns by name."""
    name = text.split("feature_name: ")[1].split('"')[1]
    other = 'id_feature { feature_name: "other" expression: "item:other" num_buckets: 3 embedding_dim: 4 value_dim: 1 }'
    model = MODEL.replace('["user", "app", "price"]', f'["{name}", "other"]')
    config = read(f"{HEAD.replace('FG_DAG', mode)}{text}feature_configs {{ {other} }}\n{model}", *lists).message
    return (
        {made.feature_name: made for made in config.feature_config.features if made.feature_name != "other"},
        {column.input_name: column for column in config.data_config.input_fields},
    )


def mistakes(text, *lists):
    """The lines of what is wrong with a config, without the place of each."""
    with pytest.raises(ConfigError) as caught:
        read(text, *lists)
    return [line.partition(": ")[2] for line in str(caught.value).splitlines()]
