"""An imported config trains and is measured."""

import pytest

import apps_rec
from tests.config.torcheasyrec.conftest import HEAD

FEATURES = """\
feature_configs {
    id_feature { feature_name: "user" expression: "user:uid" hash_bucket_size: 500 embedding_dim: 8 value_dim: 1 }
}
feature_configs {
    id_feature { feature_name: "app" expression: "item:app" num_buckets: 60 embedding_dim: 8 value_dim: 1 }
}
feature_configs {
    id_feature { feature_name: "tags" expression: "item:tags" hash_bucket_size: 50 embedding_dim: 8 value_dim: 0 }
}
feature_configs {
    raw_feature { feature_name: "price" expression: "item:price" normalizer: "method=log10,threshold=0.1,default=-1" }
}
feature_configs {
    lookup_feature { feature_name: "seen" map: "user:seen" key: "item:cate" boundaries: [0, 1, 5] embedding_dim: 8 }
}
feature_configs {
    sequence_id_feature {
        feature_name: "last_apps" expression: "user:last_apps" sequence_length: 10 num_buckets: 60 embedding_dim: 8
        embedding_name: "app"
    }
}
"""
MODEL = """\
model_config {
    feature_groups {
        group_name: "main" feature_names: ["user", "app", "tags", "price", "seen"] group_type: DEEP
        sequence_groups { group_name: "last" feature_names: ["app", "last_apps"] }
        sequence_encoders { din_encoder { input: "last" attn_mlp { hidden_units: 8 } } }
    }
    dbmtl {
        bottom_mlp { hidden_units: 16 }
        expert_mlp { hidden_units: 8 }
        num_expert: 2
        task_towers {
            tower_name: "ctr" label_name: "click" mlp { hidden_units: 8 } losses { binary_cross_entropy { } }
        }
        task_towers {
            tower_name: "cvr" label_name: "download" mlp { hidden_units: 8 } losses { binary_cross_entropy { } }
            relation_tower_names: "ctr" relation_mlp { hidden_units: 4 }
        }
    }
}
"""


@pytest.mark.slow
def test_a_config_of_torcheasyrec_trains(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "torch.config").write_text(HEAD + FEATURES + MODEL, encoding="utf-8")
    apps_rec.import_easyrec("torch.config", "my.config")
    made = apps_rec.simulate_config("my.config", "rows", rows=8000)
    changes = [*made.overrides, "data_config.num_epochs=6", "train_config.optimizer_config[0].adagrad_optimizer."]
    changes[-1] += "learning_rate.constant_learning_rate.learning_rate=0.05"
    apps_rec.train("my.config", changes)
    metrics = apps_rec.evaluate("my.config", changes)
    assert metrics["auc_ctr"] > 0.6
    assert metrics["auc_cvr"] > 0.6
