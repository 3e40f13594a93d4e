"""Mistakes of the user: exit code 2, and a message that says what to do."""

import json
import subprocess
import sys

import pytest

from apps_rec.cli.main import main
from tests.cli.commands import cells, edit, fails, run

QUICK = ("--set", "train_config.num_steps=2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model_dirr: 'x'", ["bad.config:1: model_dirr: unknown name", "model_dir"]),
        ("data_config { input_type: CsvInput }", ["bad.config:1: data_config.input_type", "CsvInput", "CSVInput"]),
        ("{]", ["bad.config:1"]),
        ("all,kinds,of\nother,text,1\n", ["bad.config:1"]),
        ("", ["bad.config:1: the config is empty"]),
    ],
    ids=["unknown field", "unknown enum", "not a proto", "a csv", "empty"],
)
@pytest.mark.parametrize("command", ["check", "train"])
def test_a_config_that_is_wrong(tiny, capsys, command, text, said):
    (tiny.folder / "bad.config").write_text(text)
    err = fails(capsys, command, "bad.config")
    for words in said:
        assert words in err


def test_a_config_that_is_not_there(tiny, capsys):
    assert "nowhere.config: there is no such config file" in fails(capsys, "check", "nowhere.config")


def test_a_config_that_is_no_utf8(tiny, capsys):
    tiny.config.write_bytes(b"# \xff\n")
    assert "tiny.config:1: expected UTF-8 text, got the byte 0xff" in fails(capsys, "check", "tiny.config")


def test_set_of_a_path_that_matches_nothing(tiny, capsys):
    err = fails(capsys, "check", "tiny.config", "--set", "train_config.num_stepps=5")
    assert "num_stepps" in err
    assert "num_steps" in err
    err = fails(capsys, "check", "tiny.config", "--set", "feature_config.features[feature_name=usr].embedding_dim=8")
    assert "usr" in err


def test_a_missing_file(small, capsys, batches_alone):
    err = fails(capsys, "train", "tiny.config", "--set", "train_input_path=data/*.csv")
    assert 'train_input_path: no file matches "data/*.csv" (looked from ' in err
    # A run that did not start is none.
    assert run(capsys, "train", "tiny.config", *QUICK)[0] == 0
    err = fails(capsys, "evaluate", "tiny.config", "--set", "eval_input_path=nowhere.csv")
    assert 'eval_input_path: no file matches "nowhere.csv"' in err


def test_files_that_are_wrong(tiny, capsys, batches_alone):
    path = tiny.folder / "train.csv"
    good = path.read_bytes()
    row5 = good.split(b"\n")[5]
    header = good.split(b"\n")[0]
    without_word = [row[:4] + row[5:] for row in ([*tiny.rows("train.csv")[0]], *cells(tiny))]
    cases = {
        "empty": (b"", ["train.csv", "empty"]),
        "header only": (header + b"\n", ["train.csv: no rows are left"]),
        "missing column": (
            "".join(",".join(row) + "\n" for row in without_word).encode(),
            ['train.csv: there is no column "word"'],
        ),
        "ragged": (good.replace(row5, row5 + b",more"), ["train.csv: row 5", "10", "11"]),
        "not UTF-8": (
            good.replace(row5, b"r,\xff\xfe,1,0.5,fun,,1,live,0,0"),
            ['row 5, column "user"', "UTF-8", "xff"],
        ),
    }
    for name, values in {
        "wrong type": ({"app": "seven"}, ['train.csv: row 5, column "app": expected', "INT64", '"seven"']),
        "wrong number": ({"price": "cheap"}, ['train.csv: row 5, column "price": expected', "FLOAT", '"cheap"']),
        "label": ({"click": "2"}, ['train.csv: row 5, column "click": expected the label 0 or 1, got 2']),
        "empty label": ({"click": ""}, ['row 5, column "click": expected the label 0 or 1, got nothing']),
        "no click": (
            {"click": "0", "download": "1"},
            ['row 5, column "download": expected 0 where "click" is 0 (the step before it), got 1'],
        ),
        "no weight": ({"tags": "t1:1|t2:much"}, ['row 5, column "tags": expected finite weights of 0 or more']),
    }.items():
        changed, said = values
        text = "".join(",".join(row) + "\n" for row in ([*tiny.rows("train.csv")[0]], *cells(tiny, **changed)))
        cases[name] = (text.encode(), said)
    for name, (data, said) in cases.items():
        path.write_bytes(data)
        err = fails(capsys, "train", "tiny.config", *QUICK)
        for words in said:
            assert words in err, (name, err)
        path.write_bytes(good)


def test_bad_rows_may_be_skipped(tiny, capsys, batches_alone):
    tiny.write_csv("train.csv", cells(tiny, click="2"))
    sets = ["--set", "data_config.bad_rows=SKIP", "--set", "data_config.num_epochs=1"]
    code, _, err = run(capsys, "train", "tiny.config", *sets)
    assert code == 0
    assert "1 dropped (1 label not 0 or 1)" in err


@pytest.mark.slow
def test_early_stop_on_a_metric_of_one_class(small, capsys):
    rows = [{**row, "click": "0", "download": "0"} for row in small.rows("eval.csv")]
    small.write_csv("eval.csv", [list(row.values()) for row in rows])
    sets = ["--set", "export_config.enable_early_stop=true", "--set", "export_config.best_exporter_metric=auc_ctcvr"]
    err = fails(capsys, "train", "tiny.config", *QUICK, *sets)
    assert "best_exporter_metric: auc_ctcvr is undefined on the rows it is chosen on" in err


def test_a_model_dir_that_cannot_be_written(tiny, capsys):
    (tiny.folder / "file").write_text("")
    assert "model_dir file is a file" in fails(capsys, "train", "tiny.config", "--set", "model_dir=file")
    assert "model_dir file/run cannot be written" in fails(
        capsys, "train", "tiny.config", "--set", "model_dir=file/run"
    )


def test_a_run_that_is_not_there(tiny, capsys):
    for command in (["evaluate", "tiny.config"], ["export", "tiny.config", "-o", "out"]):
        assert "model_dir run holds no run" in fails(capsys, *command)


PATHS = {
    "check nowhere.config": "nowhere.config: there is no such config file",
    "train nowhere.config": "nowhere.config: there is no such config file",
    "train tiny.config --set train_input_path=nowhere.csv": 'train_input_path: no file matches "nowhere.csv"',
    "train tiny.config --set model_dir=train.csv": "model_dir train.csv is a file",
    "train tiny.config --set model_dir=old": "model_dir old holds a run already",
    "train tiny.config --set train_config.fine_tune_checkpoint=out/x": "there is no folder and no checkpoint out/x",
    "train tiny.config --set train_config.train_distribute=MultiWorkerMirroredStrategy": "TF_CONFIG",
    "evaluate nowhere.config": "nowhere.config: there is no such config file",
    "evaluate tiny.config": "model_dir run holds no run",
    "evaluate tiny.config --set model_dir=old --set eval_input_path=x/*": 'eval_input_path: no file matches "x/*"',
    "export nowhere.config -o out": "nowhere.config: there is no such config file",
    "export tiny.config -o out": "model_dir run holds no run",
    "predict nowhere/1 eval.csv -o scores.csv": "nowhere/1 is no export",
    "predict made nowhere.csv -o scores.csv": 'input: no file matches "nowhere.csv"',
    "evaluate tiny.config --set model_dir=old --by wrod": "by: expected a column of data_config.input_fields",
    "evaluate tiny.config --set model_dir=old --by click": 'by: "click" is a label',
    "predict made eval.csv -o scores.txt": "scores.txt",
    "predict made eval.csv -o best --format xml": "--format: expected one of parquet, csv, csv.gz, got xml",
    "predict made eval.csv -o best --signature ranks": "--signature: expected serving_default or rank, got ranks",
    "predict made eval.csv -o best --signature rank": "--signature rank: expected --group-by, the columns",
    "predict made eval.csv -o best --group-by user --top-k 3": "--group-by, --top-k: for --signature rank only",
    "predict made eval.csv -o best --signature rank --group-by user --top-k 0": "--top-k: expected 1 or more, got 0",
    "predict made eval.csv -o best --max-bad-row-share .1": "--max-bad-row-share: for --skip-bad-rows only",
    "predict made eval.csv": "--output: expected a file or folder to write the scores to",
    "predict made eval.csv -o scores.csv -n 3 --by features": "--first, --by: for --explain only; add it",
    "predict made eval.csv --explain -n 101": "--first: expected 1 to 100 rows to explain, got 101",
    "predict made eval.csv --explain --by rows": "--by: expected columns or features, got rows",
    "predict made eval.csv --explain -o why": "output why: expected a file whose name ends in .csv",
    "predict made eval.csv --explain --top-k 3 --format csv": "--format, --top-k: not with --explain, which scores",
    "predict made eval.csv --explain --escape-formulas": "--escape-formulas: is for a CSV file; add --output",
    "convert tiny.config -o out --shards 0": "--shards, --rows-per-file: expected one of them, 1 or more, got 0",
    "convert nowhere.config -o out": "nowhere.config: there is no such config file",
    "convert tiny.config nowhere.csv -o out": 'input: no file matches "nowhere.csv"',
    "convert tiny.config -o old": "old: is there already",
    "verify-export nowhere/1": "nowhere/1 is no export",
    "verify-export made --rows nowhere.csv": 'rows: no file matches "nowhere.csv"',
    "regress nowhere": "nowhere: expected a folder of configs",
    "launch --workers 2 -- train nowhere.config": "nowhere.config: there is no such config file",
    "launch -- train tiny.config --set train_config.train_distribute=MultiWorkerMirroredStrategy --set "
    "train_input_path=nowhere.csv": 'train_input_path: no file matches "nowhere.csv"',
    "simulate store -o s3://bucket": "expected a path without a scheme",
}


def test_a_wrong_path_is_refused_before_tensorflow_is_loaded(tiny):
    (tiny.folder / "old" / "checkpoints").mkdir(parents=True)
    (tiny.folder / "old" / "pipeline.config").write_text(tiny.load().to_text(), encoding="utf-8")
    # As much of an export as is looked at before it is run.
    (tiny.folder / "made" / "assets").mkdir(parents=True)
    (tiny.folder / "made" / "saved_model.pb").write_bytes(b"")
    (tiny.folder / "made" / "assets" / "pipeline.config").write_text(tiny.load().to_text(), encoding="utf-8")
    program = """
import contextlib, io, json, sys
from apps_rec.cli.main import main
answers = {}
for line in sys.argv[1:]:
    with contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(line.split())
    answers[line] = [code, "tensorflow" in sys.modules, err.getvalue()]
print(json.dumps(answers))
"""
    done = subprocess.run([sys.executable, "-c", program, *PATHS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for line, (code, is_loaded, said) in json.loads(done.stdout).items():
        assert (code, is_loaded) == (2, False), (line, said)
        assert PATHS[line] in said
        assert said.count("\n") <= 2, (line, said)


def test_evaluate_without_rows(tiny, capsys):
    edit(tiny.config, 'eval_input_path: "eval.csv"\n', "")
    assert "eval_input_path: evaluate needs files to measure on" in fails(capsys, "evaluate", "tiny.config")


def test_launch_wants_a_train_command_behind_two_dashes(tiny, capsys):
    for words in ([], ["train", "tiny.config"], ["train", "tiny.config", "--set", "model_dir=x"], ["--", "check", "a"]):
        err = fails(capsys, "launch", "--workers", "2", *words)
        assert "launch: expected" in err
        assert "--" in err
    assert "nowhere.config: there is no such config file" in fails(capsys, "launch", "--", "train", "nowhere.config")


def test_no_message_shows_credentials_or_controls_the_terminal(tiny, capsys):
    secret = "train_input_path=s3://key:secret@logs/a.csv"
    for arguments in (
        ["check", "tiny.config", "--set", secret],
        ["check", "x", "--sett", secret],
        ["check", f"a\x1b[2J {secret}"],
    ):
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = ended.code
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert "secret" not in err
        assert "\x1b" not in err
        assert "s3://***@logs/a.csv" in err


def test_set_of_bytes_that_are_no_utf8(tiny):
    done = subprocess.run(
        [sys.executable, "-m", "apps_rec", "check", "tiny.config", "--set", b"model_dir=a\xff"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"expected UTF-8 text, got the byte 0xff" in done.stderr
    assert b"Traceback" not in done.stderr


def test_wrong_flags(capsys):
    for arguments, program, said in (
        ([], "apps-rec", "the following arguments are required: COMMAND"),
        (["trian"], "apps-rec", "argument COMMAND: invalid choice: 'trian' (choose from "),
        (["train", "a.config", "--rezume"], "apps-rec train", "unrecognized arguments: --rezume"),
        (["export", "a.config"], "apps-rec export", "the following arguments are required: -o"),
        (
            ["predict", "export/1", "rows.csv", "-o", "x.csv", "--weights", "1,1"],
            "apps-rec predict",
            'argument --weights: expected OUTPUT=NUMBER with commas, got "1"',
        ),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"{program}: error: {said}")
        assert err.endswith(f"; see {program} --help\n")
        assert err.count("\n") == 1
