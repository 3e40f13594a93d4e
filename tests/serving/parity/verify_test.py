"""A proof that can fail: wrong exports are refused, and named."""

import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import CheckFailedError, RunError
from apps_rec.serving.parity import golden as evidence
from apps_rec.serving.parity.verify import verify_export
from apps_rec.serving.saved_model import request as rank
from apps_rec.serving.saved_model.module import ServingModule
from apps_rec.serving.schema import SIGNATURES
from apps_rec.training import estimator


def test_the_proof_can_be_repeated(ranked, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # nothing but the export is needed
    result = verify_export(ranked.version, latency=False)
    assert result.failures == []
    assert set(result.worst) == {"serving_default", "serving_tf_example", "rank", "rank_packed"}
    assert max(result.worst.values()) < 1e-5
    assert result.tolerance == 1e-5


@pytest.mark.slow
def test_it_times_every_signature_at_one_row_and_a_hundred(ranked, monkeypatch):
    monkeypatch.setattr("apps_rec.serving.parity.verify.REPEATS", 5)
    result = verify_export(ranked.version)
    assert [(name, rows) for name, rows, _, _ in result.latency] == [
        (name, rows) for name in ("serving_default", "serving_tf_example", "rank", "rank_packed") for rows in (1, 100)
    ]
    assert all(0 < p50 <= p99 for _, _, p50, p99 in result.latency)
    assert "p99 ms" in str(result)


@pytest.mark.slow
def test_metrics_of_a_labelled_file_are_those_of_evaluate(ranked, tmp_path):
    # Without the positions, which evaluate reads and an export does not.
    path = tmp_path / "rows.csv"
    header, *lines = (ranked.folder / "eval.csv").read_text(encoding="utf-8").splitlines()
    place = header.split(",").index("slot")
    cells = [line.split(",") for line in lines]
    path.write_text(
        "\n".join([header, *(",".join([*row[:place], "2", *row[place + 1 :]]) for row in cells)]) + "\n",
        encoding="utf-8",
    )
    measured = verify_export(ranked.version, str(path), latency=False)
    expected = apps_rec.evaluate(ranked.run.load(f"eval_input_path={json.dumps(str(path))}"))
    for name, value in measured.metrics.items():
        assert value == pytest.approx(expected[name], abs=1e-6), name
    assert "auc_ctcvr" in measured.metrics
    apps_rec.evaluate(ranked.run.load())  # as it was


def swap_packed_columns(monkeypatch):
    """Has rank_packed take two numbers of an item for each other."""
    unpack = rank.unpack

    def swapped(packed, schema):
        shared, items = unpack(packed, schema)
        return shared, items.adding({"price": items["size"], "size": items["price"]})

    monkeypatch.setattr("apps_rec.serving.saved_model.module.unpack", swapped)


def swap_columns_of_rows(monkeypatch):
    """Has the signatures of rows take two texts for each other."""
    score = ServingModule.score
    monkeypatch.setattr(
        ServingModule, "score", lambda self, c: score(self, {**c, "user": c["word"], "word": c["user"]})
    )


def fix_weights(monkeypatch):
    """Has the signatures of requests pass over the weights."""
    monkeypatch.setattr(ServingModule, "_weights", lambda self, weights: tf.constant([0.95, 0.05]))


def turn_order(monkeypatch):
    """Has them put the worst item first."""
    top_k = tf.math.top_k
    monkeypatch.setattr(tf.math, "top_k", lambda score, k: top_k(-score, k))


def test_every_mistake_of_an_export_is_seen(small_ranked, tmp_path, monkeypatch, proven_here):
    """One export with four mistakes, each of which makes other outputs wrong."""
    for spoil in (swap_packed_columns, swap_columns_of_rows, fix_weights, turn_order):
        spoil(monkeypatch)
    with pytest.raises(CheckFailedError, match=r"differs from the model:\n") as caught:
        apps_rec.export(small_ranked.run.load(), str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    lines = str(caught.value).splitlines()[1:]
    assert all(re.search(r": \w+ is .* for row \d+, the model says|: order is not that of its score", x) for x in lines)
    wrong = {signature: set() for signature in SIGNATURES}
    for line in lines:
        signature, output = re.match(r"(\w+): (\w+) is ", line).groups()
        wrong[signature].add(output)
    probs = {"probs_ctr", "probs_cvr", "probs_ctcvr"}
    assert wrong == {
        "serving_default": {*probs, "logits_ctr", "logits_cvr", "score"},
        "serving_tf_example": {*probs, "logits_ctr", "logits_cvr", "score"},
        "rank": {"score", "order"},
        "rank_packed": {*probs, "score", "order"},
    }


@pytest.mark.slow
def test_changed_weights_of_an_export_are_seen(ranked, tmp_path, capsys):
    shutil.copytree(ranked.version, tmp_path / "1")
    path = tmp_path / "1/assets/proof.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["outputs"]["probs_ctr"][3] += 0.01
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert main(["verify-export", str(tmp_path / "1"), "--proof-only"]) == 3
    out, err = capsys.readouterr()
    assert "serving_default: probs_ctr is " in out
    assert "for row 4" in out
    assert "differs from the model it was exported from" in err
    assert main(["verify-export", str(tmp_path / "1"), "--proof-only", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["failures"]


def test_a_folder_without_evidence(ranked, tmp_path):
    shutil.copytree(ranked.version, tmp_path / "1")
    (tmp_path / "1/assets/proof.json").write_text("{}")
    with pytest.raises(RunError, match=r"proof\.json: the file: has no 'rows'\. Export again"):
        verify_export(tmp_path / "1")


def test_a_model_without_finite_scores_is_not_exported(small_ranked, tmp_path, monkeypatch):
    load_trained = estimator.load_trained
    monkeypatch.setattr(estimator, "load_trained", lambda config: _nan(load_trained(config)))
    with pytest.raises(RunError, match="is no finite number for a row"):
        apps_rec.export(small_ranked.run.load(), str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def _nan(loaded):
    for variable in loaded[0].model.variables:
        variable.assign(variable * np.nan)
    return loaded


def test_without_data_it_is_proven_on_defaults(small_ranked, tmp_path, caplog, proven_here):
    with caplog.at_level("INFO", "apps_rec"):
        version = apps_rec.export(
            small_ranked.run.load("eval_input_path=gone.csv", "train_input_path=gone.csv"), str(tmp_path)
        )
    assert "the export is held against the model on defaults alone, as no data could be read" in caplog.text
    assert len(json.loads((version / evidence.EVIDENCE_ASSET).read_text(encoding="utf-8"))["rows"]["user"]) == 1


def test_the_gate_keeps_a_worse_model_back(small_ranked, tmp_path, capsys, unproven):
    gate = ["--set", "export_config.gate_metric=auc_ctr", "--set", "export_config.gate_max_drop=0.001"]
    command = ["export", str(small_ranked.run.config), *gate, "-o", str(tmp_path / "export")]
    apps_rec.evaluate(small_ranked.run.load())
    assert main(command) == 0
    (version,) = (tmp_path / "export").iterdir()
    path = version / "assets/metrics.json"
    metrics = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**metrics, "auc_ctr": metrics["auc_ctr"] + 0.01}), encoding="utf-8")
    assert main(command) == 3
    assert "not published: auc_ctr is" in capsys.readouterr().err
    assert list((tmp_path / "export").iterdir()) == [version]
