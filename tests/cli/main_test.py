import json
import logging
import os
import re
import signal
import subprocess
import sys
import time

import pyarrow.csv
import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import InterruptedRunError
from tests.cli.commands import fails, run

QUICK = ("--set", "train_config.num_steps=2")


def test_the_whole_way(small, capsys, monkeypatch, unproven):
    assert run(capsys, "check", "tiny.config") == (0, "tiny.config: no mistakes found\n", "")

    code, out, err = run(capsys, "train", "tiny.config", *QUICK)
    assert (code, out) == (0, "run: step 2\n")
    assert "trained to step 2; saved in run/checkpoints" in err

    measure, kept = apps_rec.evaluate, []
    monkeypatch.setattr(apps_rec, "evaluate", lambda *words, **flags: kept.append(measure(*words, **flags)) or kept[-1])
    code, out, err = run(capsys, "evaluate", "tiny.config", "--json")
    assert code == 0
    metrics = json.loads(out)
    assert out.count("\n") == 1
    assert list(metrics)[:4] == ["auc_ctr", "log_loss_ctr", "calibration_ctr", "auc_cvr_masked"]
    assert (metrics["step"], metrics["rows"]) == (2, sum(row["source"] == "live" for row in small.rows("eval.csv")))

    # What was measured, printed for people.
    monkeypatch.setattr(apps_rec, "evaluate", lambda *words, **flags: kept[-1])
    code, table, _ = run(capsys, "evaluate", "tiny.config")
    assert code == 0
    monkeypatch.setattr(apps_rec, "evaluate", measure)
    # The tiny config has a position feature.
    assert table.splitlines()[0] == "with the position as it was logged"
    assert table.splitlines()[1].split() == ["task", "auc", "log_loss", "calibration"]
    assert [line.split()[0] for line in table.splitlines()[2:5]] == ["ctr", "cvr_masked", "ctcvr"]
    assert f"{metrics['auc_ctcvr']:.5f}" in table

    code, out, _ = run(capsys, "export", "tiny.config", "-o", "out/export")
    assert code == 0
    version = out.strip()
    assert os.path.exists(f"{version}/saved_model.pb")

    command = ["predict", version, "eval.csv", "-o", "scores.csv", "--keep", "request,user"]
    assert run(capsys, *command)[:2] == (0, "scores.csv: 200 rows\n")
    table = pyarrow.csv.read_csv("scores.csv")
    assert table.column_names[:2] == ["request", "user"]
    assert table.num_rows == 200

    command = ["predict", version, "eval.csv", "-o", "parts", "--format", "csv", "--rows-per-part", "150"]
    assert run(capsys, *command)[:2] == (0, "parts: 200 rows in 2 files\n")
    assert sorted(path.name for path in (small.folder / "parts").iterdir()) == ["part-00000.csv", "part-00001.csv"]
    assert "parts: the folder is not empty" in fails(capsys, *command)

    code, out, _ = run(capsys, "predict", version, "eval.csv", "--explain", "-n", "2", "--keep", "request")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("row ")] == ["row 1: request r0", "row 2: request r1"]
    assert out.splitlines()[1].split() == ["column", "features", "cell", "score", "logits_ctr", "logits_cvr"]
    command = ["predict", version, "eval.csv", "--explain", "-n", "2", "--by", "features", "-o", "why.json"]
    # Two rows, three numbers of each, three features that the export asks for.
    assert run(capsys, *command)[:2] == (0, "why.json: 2 rows explained, 18 lines\n")
    assert {line["feature"] for line in json.loads((small.folder / "why.json").read_text())} == {"user", "app", "word"}

    ranking = ["--signature", "rank", "--group-by", "source", "--top-k", "1", "--weights", "probs_ctr=1,probs_ctcvr=0"]
    code, out, _ = run(capsys, "predict", version, "eval.csv", "-o", "best.csv", *ranking)
    sources = [row["source"] for row in small.rows("eval.csv")]
    groups = sum(source != before for source, before in zip(sources, ["", *sources], strict=False))
    assert (code, out) == (0, f"best.csv: {groups} rows of {groups} groups, 200 rows scored\n")
    assert set(pyarrow.csv.read_csv("best.csv")["rank"].to_pylist()) == {1}
    assert "--top-k: for --signature rank only" in fails(
        capsys, "predict", version, "eval.csv", "-o", "x.csv", "--top-k", "3"
    )

    said = fails(capsys, "verify-export", "out/export")
    assert "out/export is no export" in said
    assert f"Did you mean {version}?" in said
    assert "run is no export" in fails(capsys, "predict", "run", "eval.csv", "-o", "scores.csv")

    said = fails(capsys, "train", "tiny.config", *QUICK)
    assert "--resume goes on with it" in said
    assert "--restart moves it aside" in said
    assert run(capsys, "train", "tiny.config", "--resume", "--set", "train_config.num_steps=3")[:2] == (
        0,
        "run: step 3\n",
    )

    # Scores of one class have no AUC.
    rows = [{**row, "download": "0"} for row in small.rows("eval.csv")]
    small.write_csv("none.csv", [list(row.values()) for row in rows])
    evaluation = apps_rec.evaluate("tiny.config", ["eval_input_path=none.csv"])
    monkeypatch.setattr(apps_rec, "evaluate", lambda *words, **flags: evaluation)
    code, out, _ = run(capsys, "evaluate", "tiny.config", "--json")
    metrics = json.loads(out)
    assert code == 0
    assert metrics["auc_ctcvr"] is None
    assert metrics["calibration_cvr_masked"] is None
    assert metrics["auc_ctr"] > 0
    _, table, _ = run(capsys, "evaluate", "tiny.config")
    assert table.count("n/a (no positives)") >= 2
    monkeypatch.setattr(apps_rec, "evaluate", measure)

    for path in (small.folder / "run" / "checkpoints").glob("*.data-00000-of-00001"):
        path.write_bytes(path.read_bytes()[:1000])
    for command in ("evaluate", "train"):
        said = fails(capsys, command, "tiny.config", *(["--resume"] if command == "train" else []))
        assert "run/checkpoints/model.ckpt-3 is damaged or half-written: model.ckpt-3.data-00000-of-00001 has" in said
        assert "Traceback" not in said


def test_convert(tiny, capsys):
    kept = sum(row["source"] != "cache" for row in tiny.rows("train.csv"))
    code, out, _ = run(capsys, "convert", "tiny.config", "-o", "made", "--shards", "2")
    assert code == 0
    assert out.startswith(f"made: {kept} rows in 2 files (640 rows read, {640 - kept} filtered out), ")
    assert out.endswith(" rows/s\n")
    code, out, _ = run(capsys, "convert", "tiny.config", "made/*.tfrecord", "-o", "again", "--rows-per-file", "100")
    assert code == 0
    assert out.startswith(f"again: {kept} rows in {-(-kept // 100)} files ({kept} rows read), ")
    assert run(capsys, "convert", "tiny.config", "--eval", "-o", "made_eval")[0] == 0
    assert "made: is there already" in fails(capsys, "convert", "tiny.config", "-o", "made")
    assert 'input: no file matches "none.csv"' in fails(capsys, "convert", "tiny.config", "none.csv", "-o", "x")


def test_python_m_and_the_console_script_are_the_same(tiny):
    for command in (["-m", "apps_rec"], ["-c", "import sys; from apps_rec.cli.main import main; sys.exit(main())"]):
        done = subprocess.run(
            [sys.executable, *command, "check", "tiny.config"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "tiny.config: no mistakes found\n", "")


def test_set_reaches_fields_and_items_by_name(tiny, capsys, monkeypatch):
    seen = []
    monkeypatch.setattr(apps_rec, "train", lambda config, **flags: seen.append((config.message, flags)) or _result())
    sets = [
        "train_config.num_steps=77",
        "model_dir=elsewhere",
        "feature_config.features[input_names=user].embedding_dim=4",
        "data_config.input_fields[input_name=price].default_val=0.25",
        "model_config.esmm.ctr_tower.weight=2",
    ]
    code, _, _ = run(capsys, "train", "tiny.config", "--resume", *(word for item in sets for word in ("--set", item)))
    assert code == 0
    ((message, flags),) = seen
    assert flags == {"resume": True, "restart": False}
    assert (message.train_config.num_steps, message.model_dir) == (77, "elsewhere")
    assert message.data_config.input_fields[3].default_val == "0.25"
    assert message.model_config.rank_model.task_towers[0].weight == 2


def _result():
    from apps_rec.training.job import TrainResult

    return TrainResult("run", 1, 1, 0.5, best_metric="auc_ctr")


def test_the_best_is_said(tiny, capsys, monkeypatch):
    monkeypatch.setattr(apps_rec, "train", lambda config, **flags: _result())
    assert run(capsys, "train", "tiny.config")[1] == "run: step 1; best checkpoint: auc_ctr 0.50000 at step 1\n"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("probs_ctr", 'argument --weights: expected OUTPUT=NUMBER with commas, got "probs_ctr"'),
        ("probs_ctr=a", 'argument --weights: expected OUTPUT=NUMBER with commas, got "probs_ctr=a"'),
        ("a=1,a=2", "argument --weights: expected one weight of a, got several"),
    ],
)
def test_weights_that_cannot_be_read(capsys, weights, said):
    with pytest.raises(SystemExit) as ended:
        main(["predict", "export/1", "rows.csv", "-o", "x.csv", "--weights", weights])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "train", "evaluate", "export", "predict", "simulate store", "regress"])
def test_help_shows_an_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert f"example:\n  apps-rec {command} " in out


def test_what_needs_no_tensorflow_imports_none(tiny):
    (tiny.folder / "bad.config").write_text("model_dirr: 'x'")
    codes = {
        "--help": 0,
        "train --help": 0,
        "--version": 0,
        "check tiny.config": 0,
        "check bad.config": 2,
        "train bad.config": 2,
        "export bad.config -o out": 2,
        "evaluate nowhere.config": 2,
        "train": 2,
    }
    program = """
import contextlib, io, json, sys
from apps_rec.cli.main import main
HEAVY = ("tensorflow", "tf_keras", "pyarrow", "numpy", "pandas", "sklearn")
answers = {}
for line in sys.argv[1:]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = main(line.split())
        except SystemExit as ended:
            code = ended.code
    answers[line] = [code, [name for name in HEAVY if name in sys.modules]]
print(json.dumps(answers))
"""
    done = subprocess.run([sys.executable, "-c", program, *codes], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {line: [code, []] for line, code in codes.items()}


def test_a_defect_shows_a_traceback(tiny, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(apps_rec, "check", fail)
    with pytest.raises(ZeroDivisionError):
        main(["check", "tiny.config"])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (InterruptedRunError("saved; go on with --resume", signal.SIGINT), 130, "saved; go on with --resume\n"),
        (InterruptedRunError("saved; go on with --resume", signal.SIGTERM), 143, "saved; go on with --resume\n"),
    ],
)
def test_interruptions(tiny, capsys, monkeypatch, error, code, said):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(apps_rec, "train", fail)
    assert run(capsys, "train", "tiny.config") == (code, "", said)


def test_sigterm_ends_any_command(tiny, capsys, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    undone = []

    def wait(*args):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            undone.append(True)

    monkeypatch.setattr(apps_rec, "export", wait)
    assert run(capsys, "export", "tiny.config", "-o", "out") == (143, "", "terminated\n")
    assert undone == [True]
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_interrupt_before_training_starts(small, capsys, monkeypatch):
    from apps_rec.training import job

    def interrupt(*arguments):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(job, "describe_run", interrupt)
    code, out, err = run(capsys, "train", "tiny.config")
    assert (code, out) == (130, "")
    assert "interrupted" in err


@pytest.mark.slow
def test_an_interrupt_of_a_process_before_training_starts(small):
    process = subprocess.Popen(
        [sys.executable, "-m", "apps_rec", "train", "tiny.config"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # The run's config is written when the model stands, before the first step.
    while not (small.folder / "run").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert "interrupted" in err
    assert "Traceback" not in err


def test_verbose_shows_times_and_where_an_error_arose(tiny, capsys):
    words = ("simulate", "config", "tiny.config", "-o", "rows", "--rows", "0")
    told = fails(capsys, *words)
    code, _, err = run(capsys, *words, "--verbose")
    assert code == 2
    assert err.startswith("Traceback (most recent call last):")
    assert err.endswith(told)

    logger = logging.getLogger("apps_rec")
    assert logger.isEnabledFor(logging.DEBUG)
    logger.warning("late")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} apps_rec: late\n", capsys.readouterr().err)
    fails(capsys, *words)
    logger.warning("late")
    assert capsys.readouterr().err == "late\n"


def test_verbose_lets_tensorflow_speak(tiny):
    command = [sys.executable, "-m", "apps_rec", "simulate", "config", "tiny.config", "-o"]
    heard = [
        subprocess.run([*command, str(at), *words], capture_output=True, text=True, check=True).stderr
        for at, words in enumerate([[], ["--verbose"]])
    ]
    assert ["InitializeLog" in text for text in heard] == [False, True]
