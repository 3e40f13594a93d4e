"""`compare`: files with scores, matched in order or by keys, and two trained models."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sklearn_metrics

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import ArgumentError, ConfigError, DataError

ROWS = 600
TASKS = ["probs_ctr=click", "probs_cvr=download:click"]


@pytest.fixture(scope="module")
def frame():
    """Return a table of rows with the scores of two models; in some rows the download was not observed."""
    draw = np.random.default_rng(7)
    logit = draw.normal(-0.5, 1, ROWS)
    click = draw.random(ROWS) < 1 / (1 + np.exp(-logit))
    download = np.where(draw.random(ROWS) < 0.05, -1, click & (draw.random(ROWS) < 0.5))
    return pd.DataFrame(
        {
            "user_id": draw.integers(0, 80, ROWS),
            "app_id": [f"app{i}" for i in range(ROWS)],
            "click": click.astype(int),
            "download": download,
            "a_ctr": (1 / (1 + np.exp(-logit))).astype(np.float32),
            "b_ctr": draw.random(ROWS).astype(np.float32),
            "a_cvr": draw.random(ROWS).astype(np.float32),
            "b_cvr": draw.random(ROWS).astype(np.float32),
        }
    )


@pytest.fixture
def files(frame, tmp_path, monkeypatch):
    """Write a.parquet with scores, labels and users, and b.csv.gz with scores and app_id."""
    monkeypatch.chdir(tmp_path)
    names = {"a": ["user_id", "app_id", "click", "download"], "b": ["app_id"]}
    parts = {
        side: frame[[*kept, f"{side}_ctr", f"{side}_cvr"]].rename(
            columns={f"{side}_{task}": f"probs_{task}" for task in ("ctr", "cvr")}
        )
        for side, kept in names.items()
    }
    parts["a"].to_parquet("a.parquet")
    parts["b"].to_csv("b.csv.gz", index=False)
    return parts


def test_metrics_of_both_sides_agree_with_scikit_learn(files, frame):
    comparison = apps_rec.compare("a.parquet", "b.csv.gz", tasks=TASKS, users="user_id")
    tasks = comparison.to_json()["tasks"]
    assert list(tasks) == ["ctr", "cvr_masked"]
    assert {tuple(metrics) for metrics in tasks.values()} == {("auc", "log_loss", "calibration", "gauc")}
    clicked = (frame.click == 1) & (frame.download != -1)
    for suffix, label, kept in (("ctr", "click", frame.click >= 0), ("cvr_masked", "download", clicked)):
        for side in "ab":
            truth, scores = frame[label][kept], frame[f"{side}_{suffix[:3]}"][kept]
            assert tasks[suffix]["auc"][side] == pytest.approx(sklearn_metrics.roc_auc_score(truth, scores), abs=1e-12)
            assert tasks[suffix]["log_loss"][side] == pytest.approx(sklearn_metrics.log_loss(truth, scores), abs=1e-6)
            assert tasks[suffix]["calibration"][side] == pytest.approx(scores.mean() / truth.mean(), rel=1e-6)
    assert tasks["ctr"]["auc"]["verdict"] == "A better"
    assert tasks["cvr_masked"]["auc"]["verdict"] == "not shown"
    assert (comparison.rows, comparison.count) == (ROWS, frame.user_id.nunique())
    assert comparison.resampling == apps_rec.compare("a.parquet", "a.parquet", tasks=TASKS, users="user_id").resampling


def test_keys_bring_rows_together_and_labels_may_stand_apart(files, frame, capsys):
    expected = apps_rec.compare("a.parquet", "b.csv.gz", tasks=TASKS, users="user_id", seed=2).to_json()
    shuffled = files["b"].sample(frac=1, random_state=1)
    (shuffled.iloc[:200]).to_csv("part-0.csv", index=False)
    (shuffled.iloc[200:]).to_csv("part-1.csv", index=False)
    files["a"][["app_id", "probs_ctr", "probs_cvr"]].to_parquet("bare.parquet")
    frame[["app_id", "click", "download", "user_id"]].iloc[::-1].to_csv("labels.csv", index=False)
    words = ["bare.parquet", "part-*.csv", "--labels", "labels.csv", "--keys", "app_id", "--users", "user_id"]
    words += ["--task", TASKS[0], "--task", TASKS[1], "--seed", "2"]
    assert main(["compare", *words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert {**answer, "a": "", "b": ""} == {**json.loads(json.dumps(expected)), "a": "", "b": ""}
    assert main(["compare", *words]) == 0
    out = capsys.readouterr().out
    assert "A better" in out
    assert f"{ROWS} rows, the same of both; 200 resamples of {frame.user_id.nunique()} values of user_id" in out


def test_rows_without_users_are_drawn_alone(files):
    comparison = apps_rec.compare("a.parquet", "b.csv.gz", tasks=TASKS[:1], resamples=30)
    assert (comparison.count, comparison.resampling.users) == (ROWS, "")
    assert "30 resamples of them" in str(comparison)


@pytest.mark.parametrize(
    ("make", "given", "message"),
    [
        (lambda b: b.iloc[1:], {}, "B .b.csv. has 599 rows, and A .a.parquet. 600: without keys"),
        (
            lambda b: b.iloc[1:],
            {"keys": ["app_id"]},
            "1 of 600 rows of A .a.parquet. are not in B .b.csv.: app_id app0;",
        ),
        (
            lambda b: pd.concat([b, b.iloc[5:7]]),
            {"keys": ["app_id"]},
            "expected each key once, got app_id app5; app_id app6 several times .2 rows too many",
        ),
        (
            lambda b: b.assign(click=1),
            {},
            r"click: expected the same in A .a.parquet. and B .b.csv., got 0 and 1 in row",
        ),
        (
            lambda b: b.assign(user_id=b.app_id),
            {"users": "user_id"},
            "user_id: expected the same .* in 600 of 600 rows",
        ),
        (lambda b: b.rename(columns={"probs_ctr": "prob_ctr"}), {}, 'expected a column probs_ctr.* mean "prob_ctr"'),
        (
            lambda b: b.assign(probs_ctr=1.5),
            {},
            "probs_ctr: expected a probability from 0 to 1 .* got 1.5 in row 1 of A",
        ),
        (lambda b: b.assign(probs_ctr="high"), {}, "probs_ctr: expected a probability in each row, got .* string"),
        (lambda b: b, {"labels": "b.csv"}, "b.csv: expected a column click, got only app_id, probs_ctr, probs_cvr"),
    ],
    ids=["fewer", "not there", "twice", "label", "user", "output", "range", "text", "labels"],
)
def test_rows_that_are_not_the_same_are_told(files, make, given, message):
    make(files["b"]).to_csv("b.csv", index=False)
    with pytest.raises(DataError, match=message):
        apps_rec.compare("a.parquet", "b.csv", tasks=TASKS, **given)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("a.parquet b.csv.gz", "--task: files with scores need at least one, such as probs_ctr=click"),
        ("a.parquet b.csv.gz --task probs_ctr", "--task: expected OUTPUT=LABEL or OUTPUT=LABEL:MASK, got 'probs_ctr'"),
        ("a.parquet b.csv.gz --task ctr=click --task probs_ctr=click", "--task: expected each task once, got ctr, ctr"),
        ("a.parquet b.csv.gz --task ctr=click --set x=1", "--set: for models only"),
        ("a.parquet b.csv.gz --task ctr=click --input x.csv", "--input: for models only"),
        ("a.parquet b.csv.gz --task ctr=click --resamples 3", "--resamples: expected 20 or more, got 3"),
        ("a.parquet nowhere.csv --task probs_ctr=click", 'no file matches "nowhere.csv"'),
        (
            "a.parquet tiny.config",
            "expected two models or two sets of files with scores, got a.parquet and tiny.config",
        ),
        ("no.config no.config --keys a", "--keys: for files with scores only"),
        ("no.config no.config", "no.config: there is no such config file"),
    ],
)
def test_arguments_that_are_wrong_are_told(files, capsys, words, message):
    assert main(["compare", *words.split()]) == 2
    assert message in capsys.readouterr().err


def test_two_models_are_compared_on_the_same_rows(trained_small, capsys):
    evaluation = apps_rec.evaluate("tiny.config", intervals=True, resamples=40, users="user")
    comparison = apps_rec.compare("tiny.config", "run", users="user", resamples=40)
    assert {f"{item.metric}_{item.suffix}": item.a for item in comparison.differences} == {
        name: value for name, value in evaluation.items() if name not in ("rows", "step")
    }
    # The folder of the run is the same model.
    assert all(item.interval.value == 0 for item in comparison.differences)
    assert (comparison.rows, comparison.count) == (evaluation["rows"], evaluation.intervals.count)
    assert main(["compare", "tiny.config", "run", "--set", "eval_config.num_examples=50"]) == 0
    assert "50 rows, the same of both; 200 resamples of them" in capsys.readouterr().out
    other = apps_rec.compare("tiny.config", "run", input="train.csv", resamples=20)
    assert other.rows == apps_rec.evaluate("tiny.config", input="train.csv")["rows"]
    with pytest.raises(ConfigError, match="got other num_examples: 10 of A, 0 of B"):
        apps_rec.compare(apps_rec.check("tiny.config", ["eval_config.num_examples=10"]), "run")
    with pytest.raises(ConfigError, match=r'users: expected a column .* Did you mean "user"'):
        apps_rec.compare("tiny.config", "run", users="usr")
    with pytest.raises(ArgumentError, match="seed: expected 0 or more, got -1"):
        apps_rec.compare("tiny.config", "run", seed=-1)
