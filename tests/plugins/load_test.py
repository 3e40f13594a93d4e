"""Plugins: what `load` takes over, and what it says of what it does not."""

import sys

import pytest

import apps_rec
from apps_rec import plugins
from apps_rec.errors import PluginError

HEAD = "from apps_rec.plugins import CustomBody, CustomLoss\n"
BODY = "def body(groups, num_tasks, l2, dtype, units):\n    return None\n\n"
LOSS = "def loss(labels, logits, margin):\n    return None\n\n"
GOOD = f"""{HEAD}{BODY}{LOSS}BODIES = {{"mine": CustomBody(body, {{"units": 4}})}}
LOSSES = {{"mine": CustomLoss(loss, params={{"margin": float}})}}
"""


@pytest.fixture
def write(tmp_path, monkeypatch, own_plugins):
    """Return what writes a module into the working directory, and loads it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text, name="my_module"):
        path = tmp_path / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.modules.pop(name, None)
        plugins.load([name])

    return write_and_load


def refusal(write, text, name="my_module"):
    """What is said of a module."""
    with pytest.raises(PluginError) as error:
        write(text, name)
    assert dict(plugins.bodies()) == dict(plugins.losses()) == {}
    return str(error.value)


def test_rows_are_handed_over(write):
    write(GOOD, "my_team.models")
    assert plugins.loaded() == ("my_team.models",)
    assert dict(plugins.bodies()["mine"].params) == {"units": 4}
    assert plugins.losses()["mine"].kinds == ("probability",)
    assert apps_rec.plugins is plugins


def test_nothing_is_handed_over_by_an_import(tmp_path, monkeypatch, own_plugins):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_quiet.py").write_text(GOOD, encoding="utf-8")
    import my_quiet

    assert my_quiet.BODIES
    assert dict(plugins.bodies()) == {}


def test_a_module_gives_its_rows_anew(write):
    write(GOOD)
    write(GOOD.replace('"mine"', '"other"'))
    assert (list(plugins.bodies()), list(plugins.losses()), plugins.loaded()) == (["other"], ["other"], ("my_module",))


def test_a_notebook_gives_the_tables_of_its_cells(monkeypatch, own_plugins):
    row = plugins.CustomBody(lambda groups, num_tasks, l2, dtype: None)
    monkeypatch.setattr(sys.modules["__main__"], "BODIES", {"first": row}, raising=False)
    plugins.load(["__main__"])
    monkeypatch.setattr(sys.modules["__main__"], "BODIES", {"second": row})
    plugins.load(["__main__"])
    assert dict(plugins.bodies()) == {"second": row}


def test_the_folder_takes_the_place_of_no_installed_module(write, tmp_path):
    text = refusal(write, "raise SystemExit('run')", "json")
    assert text.startswith("plugin json: ")
    assert "has neither BODIES nor LOSSES; expected BODIES = {" in text
    assert sys.path[-1] == str(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my_absent.bodies", "there is no module my_absent. Looked for in sys.path and in the current folder, "),
        (
            "my_team/bodies.py",
            'expected the name of a module, such as my_team.bodies, got "my_team/bodies.py". Did you',
        ),
        ("", 'expected the name of a module, such as my_team.bodies, got "".'),
    ],
)
def test_a_module_that_is_not_there(name, expected, own_plugins):
    with pytest.raises(PluginError) as error:
        plugins.load([name])
    assert expected in str(error.value)


def test_one_text_is_no_list_of_names(own_plugins):
    with pytest.raises(PluginError, match='expected a list of names of modules, got the text "my_team"'):
        plugins.load("my_team")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n\nraise KeyError('no')\n", "my_module: cannot be imported: KeyError: 'no' ({}/my_module.py:3)"),
        ("import sys\nsys.exit('enough')\n", "cannot be imported: SystemExit: enough ({}/my_module.py:2)"),
        ("import my_lacking\n", "ModuleNotFoundError: No module named 'my_lacking' ({}/my_module.py:1)"),
        ("x = (\n", "cannot be imported: SyntaxError: '(' was never closed (my_module.py, line 1)"),
    ],
)
def test_a_module_that_fails(write, tmp_path, text, expected):
    assert expected.format(tmp_path) in refusal(write, text)


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ("x = 1", "my_module.py has neither BODIES nor LOSSES"),
        ("BODIES = [body]", "BODIES: expected a dict from a name to its row, got list"),
        ('BODIES = {"a": body}', "BODIES['a']: expected an apps_rec.plugins.CustomBody, got function"),
        ('LOSSES = {"a": loss}', "LOSSES['a']: expected an apps_rec.plugins.CustomLoss, got function"),
        (
            'BODIES = {"a b": CustomBody(body, {"units": 1})}',
            "letters, digits and _, beginning with a letter, got 'a b'",
        ),
        ('BODIES = {"mmoe": CustomBody(body, {"units": 1})}', "BODIES['mmoe']: apps_rec has one of this name"),
        ('LOSSES = {"CLASSIFICATION": CustomLoss(loss, params={"margin": 1.0})}', "apps_rec has one of this name"),
        (
            'BODIES = {"a": CustomBody(body)}',
            "build: it is called as body(groups=..., num_tasks=..., l2=..., dtype=...), and body(groups, num_tasks, "
            "l2, dtype, units) does not take that: missing a required argument: 'units'",
        ),
        ('BODIES = {"a": CustomBody(body, {"units": 1, "rate": 0.1})}', "got an unexpected keyword argument 'rate'"),
        ('BODIES = {"a": CustomBody("body")}', "build: expected a class or a function, got str"),
        ('BODIES = {"a": CustomBody(body, {"units": [1]})}', "params['units']: expected a bool, an int"),
        ('BODIES = {"a": CustomBody(body, {"units": (1, 2.0)})}', "params['units']: expected a bool, an int"),
        ('BODIES = {"a": CustomBody(body, {"units": 1, "l2": 0.1})}', "params: l2 is given by the model"),
        ('LOSSES = {"a": CustomLoss()}', "expected of_logit, of_logit and of_log_prob, or of_rows; got none"),
        ('LOSSES = {"a": CustomLoss(loss, of_rows=loss, params={"margin": 1.0})}', "got of_logit and of_rows"),
        ('LOSSES = {"a": CustomLoss(loss)}', "it is called as loss(labels, logits), and loss(labels, logits, margin)"),
        (
            'LOSSES = {"a": CustomLoss(loss, kinds=("odd",), params={"margin": 1.0})}',
            "kinds: expected some of probability",
        ),
        ('LOSSES = {"a": CustomLoss(loss, kinds="value", params={"margin": 1.0})}', "in a tuple; got 'value'"),
    ],
)
def test_tables_that_are_wrong(write, tables, expected):
    assert expected in refusal(write, f"{HEAD}{BODY}{LOSS}{tables}\n")


def test_the_signature_of_a_class_is_that_of_its_constructor(write):
    body = "class Body:\n    def __init__(self, groups, num_tasks):\n        pass\n\n"
    text = refusal(write, f"{HEAD}{body}BODIES = {{'a': CustomBody(Body)}}\n")
    assert "called as Body(groups=..., num_tasks=..., l2=..., dtype=...)" in text


def test_every_mistake_is_named_and_nothing_is_taken_over(write):
    lines = refusal(write, f'{HEAD}BODIES = {{"ple": 1, "b": 2}}\nLOSSES = 3\n').splitlines()
    assert [line.partition("expected")[0] for line in lines] == [
        "plugin my_module: BODIES['ple']: ",
        "plugin my_module: BODIES['b']: ",
        "plugin my_module: LOSSES: ",
        "plugin my_module: BODIES['ple']: apps_rec has one of this name; ",
    ]


def test_a_name_that_another_module_has(write):
    write(GOOD)
    with pytest.raises(PluginError) as error:
        write(GOOD, "my_second")
    assert str(error.value).splitlines() == [
        "plugin my_second: BODIES['mine']: the plugin my_module has one of this name; expected another",
        "plugin my_second: LOSSES['mine']: the plugin my_module has one of this name; expected another",
    ]
    assert plugins.loaded() == ("my_module",)
