"""`apps-rec init` on real data: its configs train as they are, and reach what docs/init.md says."""

import duckdb
import pytest

import apps_rec
from tests.samples.conftest import SHARED

pytestmark = pytest.mark.slow
KUAIRAND_OUTCOMES = {
    *("is_click", "is_like", "is_follow", "is_comment", "is_forward", "is_hate", "long_view", "play_time_ms"),
    *("profile_stay_time", "comment_stay_time", "is_profile_enter", "y_engage"),
}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def shared(folder):
    if not (SHARED / folder).exists():
        pytest.skip(f"no {SHARED / folder}: set APPS_REC_SHARED to the folder of the real data")
    return SHARED / folder


def trained(data, labels, **options):
    made = apps_rec.init(data, labels, "my.config", **options)
    apps_rec.train("my.config")
    metrics = apps_rec.evaluate("my.config")
    print(metrics)
    return made.decision, metrics


def test_adult():
    decision, metrics = trained(shared("adult") / "adult.parquet", ["y_income", "y_never_married"])
    assert "AUC 1.0000" in decision.left_out["marital_status"]
    assert metrics["auc_income"] >= 0.92
    assert metrics["auc_never_married"] >= 0.96


def test_census():
    data = shared("census_income")
    labels = ["y_income", "y_never_married"]
    decision, metrics = trained(data / "train.parquet", labels, eval_data=str(data / "val.parquet"))
    assert set(decision.left_out) == {"marital_stat", "y_college_degree", "y_any_college"}
    assert metrics["auc_income"] >= 0.955
    assert metrics["auc_never_married"] >= 0.994


def test_kuairand_joined_with_all_its_outcomes():
    data = shared("kuairand_pure")
    others = {"users": "user_id", "videos": "video_id", "user_history_to_0424": "user_id"}
    joins = " ".join(f"LEFT JOIN '{data}/{name}.parquet' USING ({key})" for name, key in others.items())
    duckdb.connect().execute(f"COPY (FROM '{data}/log_0425_0504.parquet' {joins}) TO 'joined.parquet'")
    decision, metrics = trained("joined.parquet", ["y_long_view", "y_click"])
    assert [label.name for label in decision.tasks.labels] == ["y_click", "y_long_view"]
    assert decision.tasks.model == "esmm"
    assert set(decision.left_out) >= KUAIRAND_OUTCOMES
    assert (decision.roles.user, decision.roles.item) == ("user_id", "video_id")
    # Without counts of the past, which the sample's config has; ESMM of two losses reaches .7484 there.
    assert metrics["auc_ctr"] >= 0.74
    assert metrics["auc_ctcvr"] >= 0.74
