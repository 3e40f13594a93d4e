"""Wrong results of EasyRec 0.8.7 that come without an error: each is held here, or by the test that is named for it.

The numbers are those of a list of its defects, in its order.
"""

import gzip
import re
from pathlib import Path

import pytest

from apps_rec.config.load import parse_text
from apps_rec.data import build_schema
from apps_rec.data.rows.stream import RowStream
from apps_rec.errors import ConfigError
from tests.easyrec.configs import ID_NAMES, IDS, config

TESTS = Path(__file__).parents[1]
# Number and name of the defect -> file and name of the test that fails with it.
HELD = {
    "1 experts never see training": ("layers/tasks/experts_test.py", "test_training_reaches_every_expert"),
    "2 a loss is summed over the batch": ("models/rank_model_test.py", "test_loss_is_the_weighted_mean_over_the_batch"),
    "3 all losses of a tower have the first one's weight": (
        "models/losses_test.py",
        "test_each_loss_has_its_own_weight",
    ),
    "4 losses of one name overwrite each other": (
        "models/losses_test.py",
        "test_losses_of_two_towers_do_not_overwrite_each_other",
    ),
    "6 users of masked GAUC are misaligned": (
        "evaluation/collect_test.py",
        "test_gauc_of_clicked_rows_has_the_users_of_clicked_rows",
    ),
    "7 max_f1 takes logits for probabilities": (
        "evaluation/plan_test.py",
        "test_precision_recall_and_max_f1_are_measured_on_probabilities",
    ),
    "8 precision and recall are not measured": (
        "evaluation/plan_test.py",
        "test_precision_recall_and_max_f1_are_measured_on_probabilities",
    ),
    "9 an unknown word has the first word's id": (
        "features/columns/preprocessor_ids_test.py",
        "test_vocabulary_with_a_bucket_for_the_unknown",
    ),
    "9 a number outside has id 0": (
        "features/columns/preprocessor_ids_test.py",
        "test_numbers_outside_have_an_id_of_their_own",
    ),
    "10 an empty label is a negative": (
        "data/values/label_checks_test.py",
        "test_without_a_rule_minus_one_and_nothing_are_wrong",
    ),
}


@pytest.mark.parametrize("defect", HELD)
def test_a_defect_is_held_by_a_test(defect):
    path, name = HELD[defect]
    assert re.search(rf"^def {name}\(", (TESTS / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_5_order_calibration_without_other_towers_is_not_left_out_silently():
    model = """
      model_class: "DBMTL"
      dbmtl {
        bottom_dnn { hidden_units: [8] }
        task_towers { tower_name: "ctr" label_name: "click" }
        task_towers {
          tower_name: "buy" label_name: "buy"
          losses { loss_type: CLASSIFICATION } losses { loss_type: ORDER_CALIBRATE_LOSS }
        }
      }
    """
    text = config(model, IDS, ID_NAMES, labels='"click", "buy"')
    with pytest.raises(ConfigError, match=r"losses\[1\].*tower"):
        parse_text(text, "x.config", files_here=False)


def small_config(data, names=("user", "app")):
    features = """
      features { input_names: "user" embedding_dim: 4 hash_bucket_size: 10 }
      features { input_names: "app" embedding_dim: 4 hash_bucket_size: 10 }
    """
    groups = ", ".join(f'"{name}"' for name in names)
    return parse_text(
        f"""
        train_input_path: "x" model_dir: "run"
        data_config {{
          input_type: CSVInput label_fields: "click" {data}
          input_fields {{ input_name: "click" input_type: INT32 }} input_fields {{ input_name: "user" }}
          input_fields {{ input_name: "app" input_type: INT64 }}
        }}
        train_config {{ num_steps: 1 }}
        feature_config {{ {features} }}
        model_config {{
          feature_groups {{ group_name: "deep" feature_names: [{groups}] }}
          feature_groups {{ group_name: "wide" feature_names: [{groups}] wide_deep: WIDE }}
          deepfm {{ dnn {{ hidden_units: [4] }} }}
        }}
        """,
        "x.config",
    )


def users_of(message, *files):
    stream = RowStream([str(file) for file in files], build_schema(message, "train"), 4)
    return [user.decode() for batch in stream.batches() for user in batch.columns["user"]]


def test_11_a_bad_row_takes_no_other_row_with_it(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("".join(f"{at % 2},u{at},{'x' if at == 5 else at}\n" for at in range(8)), encoding="utf-8")
    loaded = small_config("bad_rows: SKIP max_bad_row_share: 0.5")
    assert users_of(loaded.message, file) == [f"u{at}" for at in range(8) if at != 5]


def test_12_a_feature_that_no_group_names_is_told():
    warnings = small_config("", names=("user",)).warnings
    assert any('the feature "app" is in no group, so nothing reads it' in warning for warning in warnings)


def test_13_each_file_has_its_own_header_and_compression(tmp_path):
    one, two, three = tmp_path / "a.csv", tmp_path / "b.csv.gz", tmp_path / "c.csv"
    one.write_text("click,user,app\n1,u1,7\n", encoding="utf-8")
    two.write_bytes(gzip.compress(b"app,click,user\n8,0,u2\n"))
    three.write_text("more,user,app,click\nz,u3,9,1\n", encoding="utf-8")
    assert users_of(small_config("with_header: true").message, one, two, three) == ["u1", "u2", "u3"]
