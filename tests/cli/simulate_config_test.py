"""`apps-rec simulate config`, and that the command which it prints can be typed."""

import shlex

from apps_rec.config import load_config
from tests.cli.commands import fails, run


def test_it_prints_the_command_that_trains_on_the_rows(capsys, small, tmp_path):
    small.config.with_name("words.txt").unlink()
    out = tmp_path / "my rows"
    code, text, _ = run(
        capsys,
        "simulate",
        "config",
        str(small.config),
        "-o",
        str(out),
        "--rows",
        "300",
        "--set",
        "data_config.batch_size=16",
    )
    assert code == 0
    lines = text.splitlines()
    assert lines[0].startswith(f"{out}/train.csv: 300 rows; {out}/eval.csv: 75 rows; signal in ")
    assert lines[1].startswith("click: AUC of the planted signal 0.")
    words = shlex.split(text[text.index("apps-rec train") :].replace("\\\n", " "))
    assert words[:3] == ["apps-rec", "train", str(small.config)]
    assert words[3::2] == ["--set"] * (len(words[3:]) // 2)
    message = load_config(words[2], words[4::2]).message
    assert (message.train_input_path, message.data_config.batch_size) == (f"{out}/train.csv", 16)
    assert message.feature_config.features[2].vocab_file.startswith(str(out))


def test_mistakes_are_told(capsys, small, tmp_path):
    assert "rows: expected 20 or more, got 5" in fails(
        capsys, "simulate", "config", str(small.config), "-o", str(tmp_path / "x"), "--rows", "5"
    )
    assert "would be replaced" in fails(capsys, "simulate", "config", str(small.config), "-o", str(tmp_path))
