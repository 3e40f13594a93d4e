"""--plugin of the commands: who has it, what is said without it, and how other processes get it."""

import sys
from types import SimpleNamespace

import pytest

import apps_rec
from apps_rec import plugins
from apps_rec.cli import main as command_line
from apps_rec.cli.commands import COMMANDS
from apps_rec.cli.easyrec import train_eval
from apps_rec.cli.main import main
from apps_rec.cli.options import Parser
from apps_rec.config.load import load_config
from apps_rec.errors import ArgumentError
from apps_rec.plugins.tables import put
from apps_rec.tools import launch
from apps_rec.tools.commands.models import tune as tuning
from apps_rec.tools.tuning import processes
from tests.plugins.load_test import GOOD
from tests.tiny import SMALL_MODEL

EXPERTS = """num_expert: 2
    expert_dnn { hidden_units: 8 use_bn: true dropout_ratio: 0.1 }"""
# The same towers over a body of one's own; a plugin that is Python alone is enough where nothing is built.
CUSTOM_MODEL = SMALL_MODEL.replace("esmm {", "rank_model {").replace(EXPERTS, 'body { custom { name: "mine" } }')
for _name in ("ctr", "cvr"):
    CUSTOM_MODEL = CUSTOM_MODEL.replace(f"{_name}_tower {{", "task_towers {")


@pytest.fixture
def custom(tmp_path, monkeypatch, small_run, own_plugins):
    """Return the config of a body of one's own, in the working directory beside its module."""
    monkeypatch.chdir(tmp_path)
    run = small_run(tmp_path, rows=40, model=CUSTOM_MODEL)
    (tmp_path / "my_models.py").write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(command_line, "load_plugins", _without_tensorflow)
    return run.config


def _without_tensorflow(options):
    if getattr(options, "plugin", None):
        plugins.load(options.plugin)


def test_check_takes_a_plugin_and_names_the_flag_without(custom, capsys):
    assert main(["check", str(custom)]) == 2
    assert 'no body of one\'s own is called "mine". No plugin is loaded' in capsys.readouterr().err
    assert main(["check", str(custom), "--plugin", "my_models"]) == 0
    assert "no mistakes found" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["train", "--resume"], ["evaluate"], ["export", "-o", "out"], ["tune"]])
def test_a_command_without_its_plugin_ends_before_it_begins(custom, tmp_path, words, capsys):
    assert main([words[0], str(custom), *words[1:]]) == 2
    assert "--plugin my_team.models" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_plugin_with_a_mistake_ends_a_command(custom, capsys):
    assert main(["train", str(custom), "--plugin", "my_absent"]) == 2
    assert capsys.readouterr().err.startswith("plugin my_absent: there is no module my_absent")


def test_every_command_with_changes_of_a_config_has_it():
    for name, command in COMMANDS.items():
        parser = Parser()
        command.add_arguments(parser)
        flags = {flag for action in parser._actions for flag in action.option_strings}
        assert "--set" not in flags or "--plugin" in flags, name


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["check"],
            ["compare", "y.config"],
            ["train"],
            ["evaluate"],
            ["export", "-o", "x"],
            ["tune"],
            ["regress"],
            ["check-data"],
        ),
        *(["convert", "-o", "x"], ["simulate", "config", "-o", "x"], ["import-easyrec", "-o", "x"]),
    ],
)
def test_every_command_with_a_config_has_it(words):
    flags = ["--plugin", "my_a", "--plugin", "my_b"]
    assert command_line.build_parser().parse_args([*words, "x.config", *flags]).plugin == ["my_a", "my_b"]


def test_easyrecs_commands_have_it(custom, capsys):
    assert train_eval.main(["--pipeline_config_path", str(custom), "--plugin", "my_absent"]) == 2
    assert "there is no module my_absent" in capsys.readouterr().err


def test_launch_hands_it_to_each_process(custom, monkeypatch):
    ran = []
    monkeypatch.setattr(launch, "launch", lambda command, *args, **kwargs: ran.append(command))
    strategy = "train_config.train_distribute=MultiWorkerMirroredStrategy"
    train = ["train", str(custom), "--plugin", "my_models", "--set", strategy]
    assert main(["launch", "--workers", "2", "--", *train]) == 0
    assert ran == [[sys.executable, "-P", "-m", "apps_rec", *train]]
    assert plugins.loaded() == ("my_models",)


def test_a_study_of_several_processes_needs_a_module(custom):
    put("__main__", {}, {})
    with pytest.raises(ArgumentError, match="workers: other processes do not have the BODIES and LOSSES of __main__"):
        apps_rec.tune(str(custom), workers=2)


def test_tune_hands_it_to_each_process(custom, monkeypatch):
    ran = []
    monkeypatch.setattr(processes, "run_processes", lambda command, *rest: ran.append(command))
    plugins.load(["my_models"])
    folder = SimpleNamespace(config="study.config", path="study")
    tuning._run_in_processes(SimpleNamespace(folder=folder, config=load_config(custom)), 2)
    assert ran[0][-2:] == ["--plugin", "my_models"]
