"""A run whose files are URIs does all that one of plain paths does; file:// stands for the other stores."""

import json
import shutil

import pyarrow.csv
import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import RunError
from apps_rec.serving.saved_model import export


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    """Return a TinyRun, trained from URIs for two steps, measured and exported as `version`; the working directory."""
    run = small_run(tmp_path_factory.mktemp("a b,%20"))
    run.uri = f"file://{run.folder}".replace(",", "\\,")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(run.folder)
        config = run.load(
            f"train_input_path='{run.uri}/tr*.csv'", f"eval_input_path='{run.uri}/eval.csv'", "train_config.num_steps=2"
        )
        patch.setattr(export, "prove_in_fresh_process", lambda folder: None)
        apps_rec.train(config)
        run.metrics = apps_rec.evaluate(config)
        run.kept = json.loads((run.folder / "run/metrics.json").read_text(encoding="utf-8"))
        run.version = apps_rec.export(config, "export")
        yield run


def test_it_is_measured_like_a_run_of_paths(run):
    assert run.metrics == apps_rec.evaluate(run.load())
    assert run.kept["measured_on"]["eval_input_path"] == f"{run.uri}/eval.csv"


def test_its_export_names_the_files(run):
    card = (run.version / "assets/MODEL_CARD.md").read_text(encoding="utf-8")
    for name in ("train.csv", "eval.csv"):
        assert f"| file://{run.folder}/{name} | {(run.folder / name).stat().st_size:,} |" in card
    proof = json.loads((run.version / "assets/proof.json").read_text(encoding="utf-8"))
    assert proof["source"] == f"{run.uri}/eval.csv"
    users = [row["user"] or "nobody" for row in run.rows("eval.csv") if row["source"] == "live"]
    assert proof["rows"]["user"] == [*users[: len(proof["rows"]["user"]) - 1], "nobody"]


def test_its_export_scores_files_by_uri(run):
    scores = []
    for path in (f"{run.uri}/eval.csv", "eval.csv"):
        assert main(["predict", str(run.version), path, "-o", "scores.csv"]) == 0
        scores.append(pyarrow.csv.read_csv("scores.csv").to_pydict())
    assert scores[0] == scores[1]
    assert scores[0]["request"] == [row["request"] for row in run.rows("eval.csv")]


@pytest.mark.parametrize("output", ["d/rows.csv", "link/../link/rows.csv"])
def test_the_input_is_no_output_by_whatever_name(run, tmp_path, output):
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("d")
    shutil.copy(run.folder / "eval.csv", tmp_path / "d/rows.csv")
    before = (tmp_path / "d/rows.csv").read_bytes()
    for uri in (f"file://{tmp_path}/d/rows.csv", f"file://{tmp_path}/link/*.csv", f"file://{tmp_path}/./d/rows.csv"):
        with pytest.raises(RunError, match=r"output .*rows\.csv: is the input; choose another"):
            apps_rec.predict(str(run.version), uri, str(tmp_path / output))
    assert (tmp_path / "d/rows.csv").read_bytes() == before
