"""EasyRec's commands from one end to the other, in this process, and once as they are typed."""

import csv
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import apps_rec
from apps_rec.cli.easyrec import eval as evaluation
from apps_rec.cli.easyrec import export, predict, train_eval
from apps_rec.config import load_config


def said(capsys, main, *words):
    """Exit code, stdout and stderr of a command."""
    capsys.readouterr()
    try:
        code = main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    """A training by train_eval, with its last words; the working directory is its folder."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("easyrec")
        patch.chdir(folder)
        made = small_run(folder)
        made.config.rename(folder / "pipeline.config")
        edits = json.dumps({"train_config.num_steps": 20, "feature_configs[input_names[0]=app].embedding_dim": 6})
        words = ["--pipeline_config_path", "pipeline.config", "--model_dir=out", "--edit_config_json", edits]
        words += ["--train_input_path", "train.csv", "eval.csv", "--data_config.batch_size", "16", "--check_mode"]
        assert train_eval.main(words) == 0
        yield made


def test_flags_and_edits_are_those_of_the_run(run):
    kept = load_config(run.folder / "out/pipeline.config").message
    assert (kept.train_config.num_steps, kept.data_config.batch_size) == (20, 16)
    assert kept.feature_config.features[1].embedding_dim == 6
    assert kept.train_input_path == "train.csv,eval.csv"
    assert json.loads((run.folder / "out/metrics.json").read_text())["step"] <= 20


def test_a_second_training_must_say_that_it_goes_on(run, capsys):
    words = ["--pipeline_config_path", "out/pipeline.config"]
    code, _, told = said(capsys, train_eval.main, *words)
    assert code == 2
    assert "out" in told
    code, out, _ = said(capsys, train_eval.main, *words, "--continue_train")
    assert code == 0
    assert out.startswith("out: step 20")


def test_eval_takes_the_config_of_the_run_and_writes_the_metrics(run, capsys):
    code, out, _ = said(capsys, evaluation.main, "--model_dir", "out", "--eval_input_path", "train.csv")
    assert code == 0
    assert "metrics in out/eval_result.txt" in out
    metrics = json.loads((run.folder / "out/eval_result.txt").read_text())
    assert metrics["rows"] > 200
    assert 0 < metrics["auc_ctr"] < 1


def test_export_and_predict(run, capsys, unproven):
    code, out, _ = said(
        capsys, export.main, "--pipeline_config_path=pipeline.config", "--model_dir=out", "--export_dir=e"
    )
    assert (code, out[:2]) == (0, "e/")
    # All columns are kept, as in EasyRec; the newest version is taken.
    words = ["--saved_model_dir", "e", "--input_path", "eval.csv", "--with_header", "--batch_size", "7"]
    code, out, told = said(capsys, predict.main, *words, "--output_path", "scores")
    assert (code, out) == (0, "scores: 200 rows\n")
    assert "--batch_size: the number of rows scored at once changes no score" in told
    (part,) = (run.folder / "scores").glob("*.csv")
    with part.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["request"] for row in rows] == [row["request"] for row in run.rows("eval.csv")]
    assert {"word", "probs_ctr", "probs_cvr"} <= set(rows[0])
    code, out, _ = said(capsys, predict.main, *words, "--output_path=few.csv", "--reserved_cols=user,app")
    with (run.folder / "few.csv").open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert header[:2] == ["user", "app"]
    assert "word" not in header
    code, _, told = said(capsys, predict.main, *words, "--output_path=x.csv", "--selected_cols=user,app")
    assert (code, told.splitlines()[-1]) == (
        2,
        "--selected_cols: the model reads word too; add them, or leave the flag out",
    )


@pytest.mark.parametrize(
    ("main", "words", "wanted"),
    [
        (train_eval.main, ["--odps_config", "x"], "--odps_config: refused: tables of ODPS are not read"),
        (train_eval.main, ["--fit_on_eval"], "--fit_on_eval: refused: train on the files for evaluation"),
        (train_eval.main, ["--contineu_train"], 'unknown: --contineu_train. Did you mean "--continue_train"?'),
        (train_eval.main, ["--selected_cols=a"], "--selected_cols: refused: columns are found by their names"),
        (train_eval.main, [], "--pipeline_config_path: expected the config, got nothing"),
        (
            train_eval.main,
            ["--pipeline_config_path=x", "--edit_config_json={"],
            "--edit_config_json: expected a JSON object",
        ),
        (evaluation.main, ["--checkpoint_path=a"], "--checkpoint_path: refused: the run's best checkpoint is taken"),
        (
            export.main,
            ["--export_dir=e", "--redis_url=r"],
            "--redis_url: refused: embeddings are a part of the SavedModel",
        ),
        (export.main, ["--model_dir=m"], "the following arguments are required: --export_dir"),
        (predict.main, ["--input_path=a", "--output_path=b"], "--saved_model_dir: expected an export"),
        (
            predict.main,
            ["--input_path=a", "--output_path=b", "--saved_model_dir=c", "--model_dir=d"],
            "--model_dir: an export holds its config; leave the flag out",
        ),
        (
            predict.main,
            ["--input_path=a", "--output_path=b", "--saved_model_dir=c", "--output_sep=;"],
            "--output_sep: refused: results are CSV with commas",
        ),
    ],
)
def test_a_flag_that_is_not_obeyed_is_told(tmp_path, monkeypatch, capsys, main, words, wanted):
    monkeypatch.chdir(tmp_path)
    code, out, told = said(capsys, main, *words)
    assert (code, out) == (2, "")
    assert wanted in told


@pytest.mark.parametrize("name", ["train_eval", "eval", "export", "predict"])
def test_the_module_of_the_name_runs_the_command(name, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(Path(apps_rec.__file__).with_name(f"{name}.py")), run_name="__main__")
    assert f"python -m apps_rec.{name}" in capsys.readouterr().out


def test_the_command_as_it_is_typed(tmp_path):
    words = [sys.executable, "-m", "apps_rec.train_eval", "--pipeline_config_path", "none.config"]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "none.config: there is no such config file.\n")
