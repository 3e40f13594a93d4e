import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import RunError
from apps_rec.serving.saved_model.assets import RunFacts
from apps_rec.serving.saved_model.assets import _metrics as model_card_metrics
from apps_rec.serving.saved_model.publish_gate import check_gate
from apps_rec.tools.measured import keep_metrics, measured_on, metrics_for
from apps_rec.training.estimator import load_trained
from apps_rec.training.input import evaluation_dataset
from apps_rec.training.run.folder import RunFolder

SLICE = "data_config.row_filter+={column: 'user' drop: 'nobody'}"
SMALL = "eval_config.num_examples=50"


def kept(trained_small, name="metrics.json"):
    return json.loads((trained_small.folder / "run" / name).read_text(encoding="utf-8"))


def beside(trained_small):
    return sorted(path.name for path in (trained_small.folder / "run").glob("metrics.*.json"))


@pytest.fixture(scope="module")
def evaluation(trained_small):
    """Return the evaluation of the trained run on its own rows, and the text of its metrics.json."""
    evaluation = apps_rec.evaluate(trained_small.load())
    return evaluation, (trained_small.folder / "run/metrics.json").read_text(encoding="utf-8")


@pytest.fixture
def clean(trained_small):
    """Return the trained run without metrics."""
    for path in (trained_small.folder / "run").glob("metrics*json"):
        path.unlink()
    return trained_small


@pytest.fixture
def measured(evaluation, clean):
    """Return the trained run with the metrics of its own rows alone."""
    (clean.folder / "run/metrics.json").write_text(evaluation[1], encoding="utf-8")
    return clean


def test_metrics_say_their_files_and_filters(evaluation, measured):
    evaluation, clean = evaluation[0], measured
    rows = kept(clean)["measured_on"]
    size = (clean.folder / "eval.csv").stat().st_size
    assert (rows["eval_input_path"], rows["row_filter"]) == ("eval.csv", ['source drop "cache"'])
    assert (rows["num_examples"], rows["bad_rows"]) == (0, "FAIL")
    assert [(file["path"], file["bytes"]) for file in rows["files"]] == [("eval.csv", size)]
    assert rows == evaluation.measured_on
    assert evaluation["rows"] == kept(clean)["rows"] == sum(row["source"] == "live" for row in clean.rows("eval.csv"))


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ((SLICE,), "config (row_filter), of which"),
        ((SMALL,), "num_examples"),
        (("eval_input_path=train.csv",), "eval_input_path"),
    ],
)
def test_metrics_of_a_slice_are_kept_beside(clean, seen, overrides, said):
    folder = RunFolder(clean.folder / "run")
    keep_metrics(folder, clean.load().message, {"rows": 180})
    for rows in (70, 71):
        path = keep_metrics(folder, clean.load(*overrides).message, {"rows": rows})
        assert beside(clean) == [path.name]
        assert kept(clean, path.name) == {"rows": rows}
    assert kept(clean) == {"rows": 180}
    assert any(said in message and path.name in message for message in seen.messages)
    # What says nothing of the rows makes no slice.
    same = clean.load("data_config.eval_batch_size=33", "data_config.shuffle=false")
    assert keep_metrics(folder, same.message, {"rows": 181}) == folder.metrics


def test_card_and_gate_take_the_configs_own(measured, tmp_path, unproven, seen):
    clean, whole = measured, kept(measured)
    sliced = clean.load(SLICE).message
    keep_metrics(RunFolder(clean.folder / "run"), sliced, {**whole, "measured_on": measured_on(sliced)})
    gated = ("export_config.gate_metric=log_loss_ctr", "export_config.gate_max_drop=0")
    version = apps_rec.export(clean.load(*gated), str(tmp_path / "apps"))
    assert json.loads((version / "assets/metrics.json").read_text(encoding="utf-8")) == whole
    card = (version / "assets/MODEL_CARD.md").read_text(encoding="utf-8")
    for part in (f"{whole['auc_ctr']:.5f}", 'On `eval.csv`; row_filter: `source drop "cache"`.', "| eval.csv | "):
        assert part in card, card
    assert f"{whole['as_exported']['calibration_ctr']:.5f}" in card
    # A file is listed once, unless it is no longer the one that was measured.
    assert card.count("| eval.csv | ") == 1
    assert "Its files are listed above, unchanged since." in card
    changed = model_card_metrics(RunFacts(whole["step"], "final", whole, ""), ["| eval.csv | 1 | now |"])
    assert (
        "The files as they were measured:\n\n| data | bytes | changed |\n| --- | --- | --- |\n| eval.csv | " in changed
    )
    # Again: as good as itself. A slice is not compared with the whole.
    check_gate(clean.load(*gated).message, whole, tmp_path / "apps")
    with pytest.raises(RunError, match=r"was measured on other rows .row_filter: "):
        apps_rec.export(clean.load(*gated, SLICE), str(tmp_path / "apps"))


def test_metrics_that_are_no_numbers_are_none(measured):
    clean = measured
    folder, whole = RunFolder(clean.folder / "run"), kept(clean)
    assert metrics_for(folder, clean.load().message, whole["step"]) == (whole, "")
    for spoiled in (
        {"auc_ctr": "x"},
        {"auc_ctr": {}},
        {"rows": [1]},
        {"as_exported": 1},
        {"as_exported": {"auc": "|"}},
    ):
        folder.metrics.write_text(json.dumps({**whole, **spoiled}), encoding="utf-8")
        found = metrics_for(folder, clean.load().message, whole["step"])
        assert found == (None, "metrics.json holds what is no number"), spoiled


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (None, "it was not measured"),
        ({"auc_ctr": 0.9}, "metrics.json does not say which rows it is of, as an older version wrote it"),
        ({"auc_ctr": 0.9, "measured_on": {}}, "metrics.json does not say which rows it is of"),
        (
            {"auc_ctr": 0.9, "measured_on": {"eval_input_path": "br.csv", "files": []}},
            "metrics.json was measured on other rows (eval_input_path, ",
        ),
    ],
)
def test_what_does_not_speak_for_the_config_is_said(clean, written, why):
    folder = RunFolder(clean.folder / "run")
    if written is not None:
        folder.metrics.write_text(json.dumps({**written, "step": 5}), encoding="utf-8")
    metrics, said = metrics_for(folder, clean.load().message, 5)
    assert metrics is None
    assert said.startswith(why)
    text = model_card_metrics(RunFacts(5, "final", metrics, said))
    assert f"Not measured at this step ({why}" in text


@pytest.mark.slow
def test_both_calibrations_and_those_of_the_export_are_the_exports(clean, tmp_path, unproven):
    evaluation = apps_rec.evaluate(clean.load())
    assert evaluation.filled == {"slot": 2}
    # An export, in an engine of its own, over a file in which every row has another position.
    version = apps_rec.export(clean.load(), str(tmp_path / "apps"))
    measured = apps_rec.verify_export(version, str(clean.folder / "eval.csv"), latency=False).metrics
    assert set(evaluation.as_exported) == {name for name in measured if name != "rows"}
    for name, value in evaluation.as_exported.items():
        assert value == pytest.approx(measured[name], abs=1e-5), name
    assert evaluation.as_exported["calibration_ctr"] != pytest.approx(evaluation["calibration_ctr"], abs=1e-4)
    assert kept(clean)["as_exported"] == evaluation.as_exported
    text = str(evaluation)
    assert "with the position as it was logged\n" in text
    assert "as exported: slot 2 in every row\n" in text


def test_the_command_measures_by_a_column(clean, capsys, monkeypatch):
    measure, made = apps_rec.evaluate, []
    monkeypatch.setattr(apps_rec, "evaluate", lambda *words, **flags: made.append(measure(*words, **flags)) or made[-1])
    assert main(["evaluate", "tiny.config", "--by", "word", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["by"] == kept(clean)["by"]
    # Scores as `predict` writes them are the export's; those of the slices have the logged position.
    estimator, _, _ = load_trained(clean.load())
    dataset, _ = evaluation_dataset(clean.load().message, estimator.preprocessor)
    scores = np.concatenate([estimator.predict(features)["probs_ctr"].numpy() for features, _, _ in dataset])
    live = [row for row in clean.rows("eval.csv") if row["source"] == "live"]
    for item in answer["by"][0]["slices"]:
        mine = np.array([row["word"] == item["value"] for row in live])
        click = np.array([int(row["click"]) for row in live])[mine]
        assert item["rows"] == mine.sum()
        assert item["auc_ctr"] == pytest.approx(roc_auc_score(click, scores[mine]), abs=1e-9)
        assert "ctr" in item["small"]
    assert sum(item["rows"] for item in answer["by"][0]["slices"]) == answer["rows"]
    asked = []
    monkeypatch.setattr(apps_rec, "evaluate", lambda *words, **flags: asked.append(flags["by"]) or made[-1])
    for flag in ("--by", "--slice"):
        assert main(["evaluate", "tiny.config", flag, "word,source"]) == 0
        text = capsys.readouterr().out
        assert "ctr by word" in text
        assert "* fewer than 100 positives or negatives: differences are mostly chance" in text
    assert asked == [["word", "source"]] * 2
    monkeypatch.setattr(apps_rec, "evaluate", measure)
    assert main(["evaluate", "tiny.config", "--by", "wrd"]) == 2
    assert 'Did you mean "word"?' in capsys.readouterr().err
