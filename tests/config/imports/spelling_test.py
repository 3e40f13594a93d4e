"""A config in this package's own spelling means what it meant before."""

import os
from pathlib import Path

import pytest

from apps_rec.config import load_config, parse_text
from apps_rec.config.imports.report import report_text
from apps_rec.config.imports.spelling import EASYRECS_DEFAULTS, own_spelling, with_defaults
from apps_rec.config.imports.written import written
from apps_rec.errors import ConfigError
from apps_rec.protos.pipeline_pb2 import PipelineConfig

SHARED = Path(os.environ.get("APPS_REC_SHARED", Path(__file__).parents[4] / "shared" / "data")).parent
CONFIGS = sorted((SHARED / "easyrec_like").glob("*.config"))
FIELDS = SHARED / "design" / "easyrec-fields.tsv"

OLD = """\
train_input_path: "train.csv"
eval_input_path: "eval.csv"
model_dir: "run"
train_config { sync_replicas: true num_steps: 9 }
data_config {
  input_type: CSVInput separator: "\\t" auto_expand_input_fields: true
  label_fields: "buy" label_fields: "clk"
  input_fields { input_name: "buy" input_type: INT32 }
  input_fields { input_name: "clk" input_type: INT32 }
  input_fields { input_name: "c[1-3]" }
}
feature_configs { input_names: "c1" feature_type: IdFeature embedding_dim: 4 hash_bucket_size: 9 separator: "|" }
feature_configs { input_names: ["c2", "c3"] feature_type: ComboFeature embedding_dim: 4 hash_bucket_size: 9 }
model_config {
  model_class: "ESMM"
  feature_groups { group_name: "all" feature_names: "c1" feature_names: "c2" wide_deep: DEEP }
  esmm {
    ctr_tower { tower_name: "ctr" dnn { hidden_units: 8 activation: "tf.nn.relu" } }
    cvr_tower { tower_name: "cvr" dnn { hidden_units: 8 } }
  }
}
"""


def imported(config):
    """The imported message, read again."""
    message, _ = own_spelling(config)
    return parse_text(written(message), "new.config", files_here=False)


def test_what_is_written_reads_as_the_old_one():
    old = parse_text(OLD, files_here=False)
    new = imported(old)
    assert with_defaults(new.message) == with_defaults(old.message)
    assert (new.notes, new.warnings) == ([], old.warnings)


def test_the_spelling_is_this_packages():
    text = written(own_spelling(parse_text(OLD, files_here=False))[0])
    assert "feature_configs" not in text
    assert "rank_model" not in text
    assert "sync_replicas" not in text
    assert 'features { input_names: "c1" feature_type: IdFeature embedding_dim: 4 hash_bucket_size: 9 }' in text
    assert text.count("input_fields {") == 5
    assert "[1-3]" not in text
    # As in EasyRec, the first label is the conversion's.
    assert 'tower_name: "ctr"\n      label_name: "clk"' in text
    assert 'activation: "relu"' in text


def test_defaults_that_easyrec_has_otherwise_are_written_out():
    message, remarks = own_spelling(parse_text(OLD, files_here=False))
    assert remarks["data_config.shuffle_buffer_size"] == "the default here; EasyRec's is 32"
    lines = written(message, remarks).splitlines()
    assert "  shuffle_buffer_size: 65536  # the default here; EasyRec's is 32" in lines
    assert any(line.startswith('    combo_join_sep: "_X_"  # the default here') for line in lines)
    assert "export_config.exports_to_keep" not in remarks


@pytest.mark.skipif(not FIELDS.exists(), reason="the list of EasyRec's fields is not here")
def test_the_other_defaults_are_easyrecs():
    theirs = {"train_config": "TrainConfig", "data_config": "DatasetConfig", "export_config": "ExportConfig"}
    rows = {tuple(line.split("\t")[:2]): line.split("\t")[5] for line in FIELDS.read_text().splitlines()}
    for path, value in EASYRECS_DEFAULTS.items():
        part, _, name = path.partition(".")
        if part in theirs:
            assert rows[theirs[part], name] == value
            assert getattr(getattr(PipelineConfig(), part), name) != float(value)


def test_the_report_says_what_becomes_of_each_field():
    old = parse_text(OLD, "old.config", files_here=False)
    text = report_text(old, "new.config", own_spelling(old)[1])
    assert text.startswith("# new.config, from old.config\n")
    assert "| `FeatureConfig.hash_bucket_size` | 2 | by another hash than EasyRec's" in text
    assert "train_config.sync_replicas: noted:" in text
    assert 'label_name is "clk", by the order of label_fields' in text
    assert "- `data_config.prefetch_size`: the default here; EasyRec's is 32" in text
    assert "`EasyRecModel.esmm` | 1 | losses are means" in text


def test_a_long_list_is_wrapped_and_reads_the_same():
    config = PipelineConfig()
    group = config.model_config.feature_groups.add(group_name="all")
    group.feature_names.extend(f'a name with "quotes" {at}' for at in range(30))
    text = written(config)
    assert max(map(len, text.splitlines())) <= 120
    from google.protobuf import text_format

    assert text_format.Parse(text, PipelineConfig()) == config


@pytest.mark.skipif(not CONFIGS, reason="the configs like EasyRec's are not here")
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_like_easyrecs_that_loads_is_imported(path):
    try:
        old = load_config(path, files_here=False)
    except ConfigError:
        pytest.skip("it is refused")
    assert with_defaults(imported(old).message) == with_defaults(old.message)
