"""CONTRIBUTING's recipes are true: what they list is all that a new part touches.

A toy of each kind is added to a copy of the package, in the files of its recipe and in no other. The messages of the
copy are generated anew, and one training takes all toys at once. Where a recipe forgets a file, the training stops or a
toy is left out. A file that a recipe lists for nothing is one that its toy has no text for.
"""

import json
import os
import random
import shutil
import subprocess
import sys

import pytest

from tests.recipes.read import RECIPES, ROOT, code_files, recipes
from tests.recipes.toys import TOYS, Addition

# Hand-written files of code that an addition may touch at most.
MOST = {
    "A body": 5,
    "A head": 4,
    "A loss": 3,
    "A metric": 2,
    "An optimizer": 3,
    "A schedule": 2,
    "Add a type of feature": 5,
    "Add a data format": 3,
    "Add a layer": 2,
    "Add a command": 3,
}
CONFIG = """\
train_input_path: "train.toy"
eval_input_path: "eval.toy"
model_dir: "run"
data_config {
  input_type: ToyInput batch_size: 32 label_fields: "click"
  input_fields { input_name: "word" }
  input_fields { input_name: "app" input_type: INT64 }
  input_fields { input_name: "click" input_type: INT32 }
}
feature_config {
  features { input_names: "app" embedding_dim: 4 num_buckets: 30 }
  features { feature_name: "length" input_names: "word" feature_type: ToyFeature embedding_dim: 4 toy_longest: 5 }
}
model_config {
  feature_groups { group_name: "all" feature_names: ["app", "length"] }
  rank_model {
    body { toy_body { units: 3 } }
    head { toy_head { } }
    task_towers { tower_name: "ctr" label_name: "click" loss_type: TOY_LOSS metrics_set { toy_metric { } } }
  }
}
train_config {
  num_steps: 2 save_summary_steps: 0
  optimizer_config { toy_optimizer { factor: 0.5 learning_rate { toy_learning_rate { first: 0.2 } } } }
}
"""
WORDS = ("", "a", "ab", "äöü", "漢字かな", "longer than five")


def test_a_numbered_line_begins_with_its_files():
    text = """# Title
1. `no/recipe.py`: it stands under no heading of a recipe.
## Add a thing
1. `protos/x.proto`, `apps_rec/x.py`: its `name/of.py`,
   and `more.py`.
2. `apps_rec/things/<name>.py`: a class.
3. `CHANGELOG.md`.
4. `make docs` writes it.
## Prose
"""
    assert recipes(text) == {
        "Add a thing": ["protos/x.proto", "apps_rec/x.py", "apps_rec/things/<name>.py", "CHANGELOG.md"]
    }


@pytest.mark.parametrize("heading", RECIPES)
def test_every_file_is_there(heading):
    files = RECIPES[heading]
    assert len(set(files)) == len(files) > 0
    for file in files:
        # A new file lies beside others of its kind.
        place = ROOT / file if "<" not in file else (ROOT / file).parent
        assert place.exists(), f"{heading}: {file}"


@pytest.mark.parametrize("heading", MOST)
def test_few_files_are_touched(heading):
    assert len(code_files(RECIPES[heading])) <= MOST[heading]


@pytest.mark.parametrize("heading", MOST)
def test_the_toy_touches_the_files_of_its_recipe_and_no_other(heading):
    listed = [file.replace("<name>", "toy") for file in code_files(RECIPES[heading])]
    assert list(TOYS[heading]) == listed
    new = [file for file in listed if not (ROOT / file).exists()]
    assert len(new) == sum("<name>" in file for file in RECIPES[heading] if file.startswith("apps_rec/"))


def test_an_addition_goes_to_its_anchor_and_to_the_end():
    assert Addition("x = 1\n", behind=("b\n", "c\n"), before=("b\n", "a\n")).apply("b\n") == "a\nb\nc\n\nx = 1\n"
    with pytest.raises(AssertionError, match="expected once: z"):
        Addition(behind=("z", "y")).apply("a")


def write_rows(path, count, seed):
    draw = random.Random(seed)
    rows = [{"word": draw.choice(WORDS), "app": draw.randrange(30), "click": draw.randrange(2)} for _ in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return rows


def run(command, folder):
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Return what became of the toys in a training of a copy of the package, and the rows that were measured."""
    python = ROOT / ".venv-protos" / "bin" / "python"
    if not (ROOT / ".venv-protos" / ".installed").exists():
        pytest.skip("grpc_tools is not installed: `make .venv-protos/.installed` does that")
    folder = tmp_path_factory.mktemp("toys")
    for name in ("apps_rec", "protos"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for toy in TOYS.values():
        for name, addition in toy.items():
            file = folder / name
            file.write_text(addition.apply(file.read_text("utf-8") if file.exists() else ""), encoding="utf-8")
    sources = sorted(f"protos/{path.name}" for path in (folder / "protos").glob("*.proto"))
    run([python, "-m", "grpc_tools.protoc", "-Iapps_rec/protos=protos", "--python_out=.", *sources], folder)
    (folder / "toy.config").write_text(CONFIG, encoding="utf-8")
    write_rows(folder / "train.toy", 64, seed=1)
    rows = write_rows(folder / "eval.toy", 40, seed=2)
    return json.loads(run([sys.executable, ROOT / "tests/recipes/train_toys.py"], folder).splitlines()[-1]), rows


def test_body_head_and_layer_are_trained(found):
    report, _ = found
    assert report["step"] == 2
    assert report["classes"] == ["ToyBody", "ToyHead", "Toy"]
    assert report["is_exported"]
    assert report["units"] == 3


def test_optimizer_and_schedule_say_how_far_a_weight_goes(found):
    # From 1, by the sign of the gradient: half of 0.2 in the first step, half of 0.1 in the second.
    assert abs(abs(found[0]["scale"] - 1) - 0.1) == pytest.approx(0.05, abs=1e-6)


def test_the_loss_is_the_towers(found):
    assert found[0]["loss"] == 0.25


def test_the_metric_is_measured_on_the_rows_of_the_format(found):
    report, rows = found
    assert report["words"] == [row["word"] for row in rows]
    assert report["metric"] == pytest.approx(report["squared_error"], rel=1e-5)


def test_the_metric_has_an_interval_without_more(found):
    report, rows = found
    # Of a mean of independent rows, up to the Monte Carlo error of 200 resamples.
    assert report["standard_error"] == pytest.approx(report["spread"] / len(rows) ** 0.5, rel=0.2)


def test_the_feature_is_the_length_of_a_word(found):
    report, rows = found
    assert report["ids"] == [min(len(row["word"]), 5) for row in rows]
    assert set(report["ids"]) == {0, 1, 2, 3, 4, 5}


def test_the_command_answers(found):
    assert found[0]["command"] == [0, "run\n"]
