"""The report of two runs whose names would be tags and formulas, if they were not escaped."""

import json
import shutil

import pytest

import apps_rec
from apps_rec.cli.main import main
from apps_rec.errors import ArgumentError, ConfigError, RunError
from tests.tiny import SMALL_MODEL, TinyRun, tiny_rows
from tests.tools.reporting.pages import Tags, on_a_phone, screenshot

EVIL = "<script>alert(1)</script> $x_{$"
IMAGE = "<img src=x onerror=alert(2)>"
RUN = 'run <b>&"x"'
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


def in_browser(test):
    """Marks a test that needs a browser."""
    reason = "chromium is not installed: apt-get install chromium"
    return pytest.mark.slow(pytest.mark.skipif(BROWSER is None, reason=reason)(test))


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """Return the folder of a run with evil names, of its copy, and of the report of both."""
    folder = tmp_path_factory.mktemp("report")
    model = SMALL_MODEL.replace('input_names: "word"', f'feature_name: "{EVIL}" input_names: "word"')
    model = model.replace('"user", "app", "word"', f'"user", "app", "{EVIL}"')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run = TinyRun(folder, model=model)
        rows = tiny_rows(200, seed=2)
        for row in rows[:40]:
            row[4] = IMAGE
        run.write_csv("eval.csv", rows)
        apps_rec.train(apps_rec.check("tiny.config", [f"model_dir='{RUN}'"]))
        shutil.copytree(RUN, "other")
        before = sorted((path, path.stat().st_mtime_ns) for path in (folder / RUN).rglob("*"))
        words = ["report", RUN, "other", "-o", "out/report.html", "--json", "out/report.json", "--slice", "word,slot"]
        words += ["--resamples", "20", "--sample", "100", "--users", "user", "--gradients", "2"]
        assert main(words) == 0
        # Nothing is written into the run.
        assert before == sorted((path, path.stat().st_mtime_ns) for path in (folder / RUN).rglob("*"))
        yield folder


@pytest.fixture(scope="module")
def page(reported):
    """Return the text of the page."""
    return (reported / "out/report.html").read_text(encoding="utf-8")


def test_names_and_values_are_text(page):
    tags = Tags(page)
    assert not {"script", "img", "b", "iframe", "link", "object"} & tags.names
    assert not tags.handlers
    text = "".join(tags.text)
    for name in (EVIL, IMAGE, RUN):
        assert name in text
    assert {"section", "table", "svg", "details"} <= tags.names


def test_the_page_needs_nothing_else(page):
    tags = Tags(page)
    assert all(link.startswith("#") and link[1:] in tags.ids for link in tags.links)
    assert len(tags.ids) == len(set(tags.ids))
    assert "url(http" not in page
    assert "@import" not in page
    assert len(page.encode()) < 1_000_000


def test_the_page_and_the_json_hold_what_was_measured(page, reported):
    first, second = json.loads((reported / "out/report.json").read_text(encoding="utf-8"))
    assert (first["model_dir"], second["model_dir"]) == (RUN, "other")
    text = "".join(Tags(page).text)
    evaluation = apps_rec.evaluate(
        reported / "other/pipeline.config", ["model_dir=other"], intervals=True, resamples=20, users="user"
    )
    assert (
        first["metrics"] == second["metrics"] == {name: value for name, value in evaluation.items() if name != "step"}
    )
    low, high = evaluation.intervals.metrics["auc_cvr_masked"].bounds
    assert f"{evaluation['auc_cvr_masked']:.5f} ±{(high - low) / 2:.5f}" in text
    # A copy is no better.
    assert "B better" not in text
    assert text.count("+0.00000 to +0.00000") == len(evaluation) - 2
    assert first["curves"]["loss"]["steps"] == [
        1,
        2,
        5,
        *range(10, first["step"] + 1, 10),
        *[first["step"]] * bool(first["step"] % 10),
    ]
    assert first["facts"]["tasks"] == "ctr, cvr_masked, ctcvr"
    inside = first["inspection"]
    assert (inside["rows"], inside["of_rows"]) == (100, evaluation["rows"])
    assert {one["feature"] for one in inside["importances"]} == {"user", "app", EVIL, "slot"}
    assert set(inside["layers"]["mmoe"]["gates"]) == {"ctr", "cvr"}
    assert [one["column"] for one in first["by"]] == ["word", "slot"]
    assert first["gradients"] == second["gradients"]
    (pair,) = first["gradients"]["pairs"]
    assert (first["gradients"]["batches"], first["gradients"]["rows"], pair["losses"]) == (2, 64, ["ctr", "ctcvr"])
    assert f"embeddings of {EVIL}" in {layer["layer"] for layer in pair["layers"]}
    assert f"{pair['layers'][0]['cosine']:+.3f} ±{pair['layers'][0]['spread']:.3f}" in text


def test_mistakes_are_told_before_anything_is_measured(reported, capsys):
    with pytest.raises(RunError, match="model_dir nowhere holds no run"):
        apps_rec.report("nowhere", "x.html")
    with pytest.raises(ArgumentError, match="sample: expected 100 or more rows, got 5"):
        apps_rec.report("other", "x.html", sample=5)
    with pytest.raises(ArgumentError, match="gradients: expected 1 or more batches, or 0, got -1"):
        apps_rec.report("other", "x.html", gradients=-1)
    with pytest.raises(RunError, match="out: expected a file to write, got a folder"):
        apps_rec.report("other", "out")
    assert main(["report", "other", "-o", "x.html", "--by", "wrd"]) == 2
    assert "wrd" in capsys.readouterr().err
    shutil.copytree("other", "one")
    text = TinyRun.of(reported).config.read_text(encoding="utf-8")
    one, tower = SMALL_MODEL.split("  esmm {")[0], 'task_towers { tower_name: "ctr" label_name: "click" }'
    one += f'  rank_model {{ fm {{ group_name: "all" }} position_tower {{ group_name: "position" }} {tower} }}\n}}\n'
    changed = text[: text.index("feature_config {")] + one + text[text.index("train_config {") :]
    (reported / "one/pipeline.config").write_text(changed, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"gradients of two tasks or more .* the model has one, ctr. Leave"):
        apps_rec.report("one", "x.html", gradients=3)
    assert not (reported / "x.html").exists()


@in_browser
@pytest.mark.parametrize("dark", [False, True])
def test_a_browser_shows_it_on_a_phone(reported, dark):
    path = reported / "out/report.html"
    found, console = on_a_phone(BROWSER, path, dark)
    assert console == []
    assert (found["width"], found["wide"]) == (360, [])
    assert found["title"] == f"{RUN} and other"
    assert found["drawings"] >= 10
    # Ink on paper: the text of a drawing has the colour of the page's.
    assert (found["back"], found["ink"]) == (
        ("rgb(20, 23, 26)", "rgb(228, 232, 236)") if dark else ("rgb(255, 255, 255)", "rgb(29, 33, 38)")
    )


@in_browser
def test_a_browser_takes_a_picture_of_it(reported):
    picture = screenshot(BROWSER, reported / "out/report.html", reported / "out/wide.png", 1100, 1400)
    assert picture.startswith(b"\x89PNG")
    # Of an empty page it would be some 10 kB.
    assert len(picture) > 50_000


@in_browser
def test_what_goes_wrong_in_a_page_is_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "<svg><text>a</text></svg><p style='width: 500px'>a</p><script>nothing()</script>", encoding="utf-8"
    )
    found, console = on_a_phone(BROWSER, page)
    assert (found["width"], found["wide"]) == (508, ["P"])
    assert len(console) == 1
