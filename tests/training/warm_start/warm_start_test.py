"""A new run that begins with the weights of another one."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import apps_rec
from apps_rec.errors import RunError
from apps_rec.training.estimator import Estimator, load_trained
from apps_rec.training.optimizers.build import build_optimizer
from apps_rec.training.run.checkpoint_folder import steps_in
from apps_rec.training.run.checkpoints import read_weights
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.warm_start.name_map import read_name_map
from apps_rec.training.warm_start.warm_start import _copy_rows, warm_start

FTRL = "train_config.optimizer_config={ ftrl_optimizer { l1_reg: 0.01 l2_reg: 0.01 } }"


@pytest.fixture(scope="module")
def yesterday(trained):
    """Return the model of the run that `trained` made, and its folder."""
    estimator, _, step = load_trained(trained.load())
    return trained, estimator, step


@pytest.fixture
def begin(yesterday, tmp_path):
    """Return a function: overrides -> a new model with yesterday's weights, what it was before, and the report."""
    run = yesterday[0]

    def make(*overrides, source="run", names=None):
        config = run.load(*overrides)
        estimator = Estimator(config)
        before = {variable.name: variable.numpy() for variable in estimator.model.variables}
        optimizer = build_optimizer(config.message.train_config)
        optimizer.build(estimator.model.trainable_variables)
        folder = RunFolder(tmp_path)
        warm_start(estimator.model, estimator.features, optimizer, source, folder, names)
        report = json.loads(folder.warm_start.read_text())
        return estimator, before, {entry["name"]: entry for entry in report["taken"]}, report

    return make


def rows_of(estimator, table):
    """The rows of a table of the config."""
    place = estimator.model.embedder.table_places()[table]
    return estimator.model.embedder.tables[place.key].numpy()[place.offset : place.offset + place.rows]


def test_the_same_model_is_restored_as_a_whole(yesterday, begin):
    _, old, step = yesterday
    new, before, entries, report = begin()
    assert (report["step"], report["checkpoint"]) == (step, f"run/checkpoints/model.ckpt-{step}")
    assert {entry["status"] for entry in entries.values()} == {"restored"}
    assert {name for name, e in entries.items() if e["kind"] == "table"} == {"user", "app", "word", "tags", "slot"}
    assert entries["app"]["rows_restored"] == 31
    for a, b in zip(old.model.variables, new.model.variables, strict=True):
        if "tables" in a.name:  # but for the row of padding, which nothing reads
            np.testing.assert_array_equal(a.numpy()[:-1], b.numpy()[:-1], err_msg=a.name)
        else:
            np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=a.name)
    assert any((before[v.name] != v.numpy()).any() for v in new.model.variables)


def test_a_table_with_another_name_is_found_by_the_map(yesterday, begin, tmp_path):
    _, old, _ = yesterday
    file = tmp_path / "names.txt"
    file.write_text("input_layer/apps_embedding/embedding_weights\tapp\n\n", encoding="utf-8")
    renamed = "feature_config.features[feature_name=app].embedding_name=apps"
    new, _, entries, _ = begin(renamed, names=read_name_map(str(file)))
    np.testing.assert_array_equal(rows_of(new, "apps"), rows_of(old, "app"))
    assert (entries["apps"]["status"], entries["apps"]["reason"]) == ("restored", "from app")
    assert "app" not in entries
    assert begin(renamed)[2]["app"]["status"] == "dropped"


def test_the_map_names_what_is_there(begin):
    with pytest.raises(RunError, match=r'this model has no table and no variable called aps. Did you mean "app"\?'):
        begin(names={"aps": "app"})
    with pytest.raises(RunError, match="the other run has no table and no variable called apps"):
        begin(names={"app": "apps"})


@pytest.mark.parametrize(
    ("text", "said"),
    [("a b c", ":1: expected a name of this run and one of the other"), ("a b\na c", ":2: a stands there twice")],
)
def test_a_map_that_cannot_be_read(tmp_path, text, said):
    (tmp_path / "names.txt").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=said):
        read_name_map(str(tmp_path / "names.txt"))
    with pytest.raises(RunError, match="cannot be read: No such file"):
        read_name_map(str(tmp_path / "gone.txt"))


def test_a_larger_and_a_smaller_table_go_by_number(yesterday, begin):
    _, old, _ = yesterday
    new, _, entries, _ = begin(
        "feature_config.features[feature_name=app].num_buckets=40",
        "feature_config.features[feature_name=slot].num_buckets=3",
    )
    was, now = rows_of(old, "app"), rows_of(new, "app")
    np.testing.assert_array_equal(now[:30], was[:30])
    np.testing.assert_array_equal(now[40], was[30])
    assert [entries["app"][f"rows_{word}"] for word in ("restored", "new", "dropped")] == [31, 10, 0]
    was, now = rows_of(old, "slot"), rows_of(new, "slot")
    np.testing.assert_array_equal(now, was[[0, 1, 2, 5]])
    assert [entries["slot"][f"rows_{word}"] for word in ("restored", "new", "dropped")] == [4, 0, 2]
    # Tables behind it in the same variable stand elsewhere now, and are whole.
    np.testing.assert_array_equal(rows_of(new, "tags"), rows_of(old, "tags"))


def test_a_new_vocabulary_goes_by_word(yesterday, begin):
    run, old, _ = yesterday
    (run.folder / "today.txt").write_text("игры\nnew\nfun\nnewer\n", encoding="utf-8")
    new, before, entries, _ = begin("feature_config.features[feature_name=word].vocab_file=today.txt")
    was, now = rows_of(old, "word"), rows_of(new, "word")  # fun, spiele, игры, 工具, unknown
    np.testing.assert_array_equal(now[[0, 2, 4]], was[[2, 0, 4]])
    place = new.model.embedder.table_places()["word"]
    fresh = next(value for name, value in before.items() if place.key in name)[place.offset :][[1, 3]]
    np.testing.assert_array_equal(now[[1, 3]], fresh)
    assert [entries["word"][f"rows_{word}"] for word in ("restored", "new", "dropped")] == [3, 2, 2]


def test_a_hashed_table_of_another_size_begins_afresh(yesterday, begin):
    new, before, entries, _ = begin("feature_config.features[feature_name=user].hash_bucket_size=101")
    assert entries["user"] == {
        "kind": "table",
        "name": "user",
        "status": "new",
        "rows_restored": 0,
        "rows_new": 101,
        "rows_dropped": 100,
        "reason": "hash_bucket_size was 100, is 101: every id hashes to another row",
    }
    place = new.model.embedder.table_places()["user"]
    fresh = next(value for name, value in before.items() if place.key in name)
    np.testing.assert_array_equal(rows_of(new, "user"), fresh[place.offset : place.offset + 101])


def test_features_and_layers_that_came_and_went(yesterday, begin):
    _, old, _ = yesterday
    new, _, entries, _ = begin(
        "model_config.feature_groups[group_name=all].feature_names=user,app,price,word",
        "model_config.esmm.num_expert=3",
    )
    assert (entries["tags"]["status"], entries["tags"]["rows_dropped"]) == ("dropped", 50)
    by_status = {}
    for name, entry in entries.items():
        by_status.setdefault((entry["kind"], entry["status"]), set()).add(name)
    # The first layer of every expert reads one feature less, and a third expert came.
    changed = by_status["variable", "new"]
    assert any("expert_0/dense_0/kernel" in name for name in changed)
    assert any("expert_2/dense_1/kernel" in name for name in changed)
    assert not any("expert_0/dense_1" in name for name in changed)
    reason = next(e["reason"] for n, e in entries.items() if "expert_0/dense_0/kernel" in n)
    assert reason == "its shape was (20, 16), is (16, 16)"
    np.testing.assert_array_equal(rows_of(new, "app"), rows_of(old, "app"))


def test_first_order_weights_may_go(yesterday, begin):
    _, old, _ = yesterday
    new, _, entries, _ = begin(f"model_config.esmm={{ {ESMM_WITHOUT_FM} }}")
    assert entries["app"]["reason"] == "first-order weights are dropped with their term"
    np.testing.assert_array_equal(rows_of(new, "app"), rows_of(old, "app")[:, :4])


ESMM_WITHOUT_FM = """
    num_expert: 2
    expert_dnn { hidden_units: [16, 8] use_bn: true }
    position_tower { }
    ctr_tower { tower_name: "ctr" label_name: "click" }
    cvr_tower { tower_name: "cvr" label_name: "download" dnn { hidden_units: 8 } }
"""


def test_the_length_of_embeddings_may_change(begin):
    _, _, entries, _ = begin("feature_config.features[feature_name=slot].embedding_dim=3")
    assert entries["slot"]["reason"] == "embedding_dim was 2, is 3"
    assert entries["slot"]["status"] == "new"


def test_a_checkpoint_may_be_named_in_three_ways(yesterday, begin):
    step = yesterday[2]
    for source in ("run", "run/checkpoints", f"run/checkpoints/model.ckpt-{step}"):
        assert begin(source=source)[3]["step"] == step


@pytest.mark.slow
def test_the_best_checkpoint_holds_the_same_weights(small, tmp_path):
    apps_rec.train(small.load("export_config.exporter_type=best", "export_config.best_exporter_metric=auc_ctr"))
    result = apps_rec.train(
        small.load("model_dir=next", "train_config.fine_tune_checkpoint=run/best", "train_config.num_steps=1")
    )
    assert result.step == 1
    best = int(next((small.folder / "run" / "best").glob("*.index")).stem.split("-")[1])
    assert json.loads((small.folder / "next" / "warm_start.json").read_text())["step"] == best


@pytest.mark.slow
def test_a_run_that_began_warm_goes_on_without_it(small, seen):
    apps_rec.train(small.load())
    warm = ["train_config.fine_tune_checkpoint=run", "data_config.num_epochs=1"]
    apps_rec.train(small.load(*warm, "model_dir=whole"))
    apps_rec.train(small.load(*warm, "model_dir=halves", "train_config.num_steps=7"))
    shutil.rmtree("run")
    seen.clear()
    apps_rec.train(small.load(*warm, "model_dir=halves"), resume=True)
    assert "warm start" not in seen.text
    a, b = (tf.train.load_checkpoint(tf.train.latest_checkpoint(f"{name}/checkpoints")) for name in ("whole", "halves"))
    for name in a.get_variable_to_shape_map():
        if "OBJECT_GRAPH" not in name:
            np.testing.assert_array_equal(a.get_tensor(name), b.get_tensor(name), err_msg=name)


def test_a_warm_run_begins_better_than_a_cold_one(yesterday, begin):
    new, _, _, _ = begin()
    cold = Estimator(yesterday[0].load())
    warm_auc, cold_auc = (e.evaluate().result()["auc_ctr"] for e in (new, cold))
    assert warm_auc == yesterday[1].evaluate().result()["auc_ctr"] > cold_auc + 0.1


def test_ftrl_keeps_the_weights_it_begins_with(yesterday, begin):
    new, _, _, _ = begin(FTRL)
    model = new.model
    optimizer = build_optimizer(yesterday[0].load(FTRL).message.train_config)
    optimizer.build(model.trainable_variables)
    optimizer.begin_at_weights(model.trainable_variables)
    before = [variable.numpy() for variable in model.trainable_variables]
    optimizer.apply_gradients([(tf.zeros(v.shape), v) for v in model.trainable_variables])
    for old, variable in zip(before, model.trainable_variables, strict=True):
        np.testing.assert_allclose(variable.numpy(), old, rtol=1e-5, atol=1e-6, err_msg=variable.name)


@pytest.mark.parametrize("source", ["nowhere", "train.csv", "."])
def test_no_such_checkpoint(begin, source):
    with pytest.raises(RunError, match=rf"train_config\.fine_tune_checkpoint: {source} holds no checkpoint\. Expected"):
        begin(source=source)


def test_a_checkpoint_without_its_config(yesterday, begin, tmp_path):
    shutil.copytree("run/checkpoints", tmp_path / "alone" / "checkpoints")
    with pytest.raises(RunError, match=r"alone/pipeline\.config, which says what the rows .* cannot be read"):
        begin(source=str(tmp_path / "alone"))


def test_a_damaged_checkpoint_is_named(yesterday, begin, tmp_path):
    shutil.copytree("run", tmp_path / "copy")
    for path in (tmp_path / "copy" / "checkpoints").glob("*.index"):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunError, match=r"no checkpoint in .* is whole .* Name another one in train_config\.fine_tune"):
        begin(source=str(tmp_path / "copy"))
    newest = f"{tmp_path}/copy/checkpoints/model.ckpt-{yesterday[2]}"
    with pytest.raises(RunError, match=rf"model\.ckpt-{yesterday[2]} is damaged: "):
        begin(source=newest)


@pytest.mark.parametrize("names_one", [False, True])
def test_a_checkpoint_that_its_training_removes_meanwhile(yesterday, begin, tmp_path, monkeypatch, names_one):
    run, old, step = yesterday
    shutil.copytree(run.folder / "run", tmp_path / "live")
    folder, aside = tmp_path / "live" / "checkpoints", tmp_path / "aside"
    aside.mkdir()
    for path in folder.glob(f"model.ckpt-{step}.*"):
        path.rename(aside / path.name)
    first = max(steps_in(folder))
    read = []

    def save_another_and_read(prefix, model):
        read.append(prefix.name)
        if len(read) == 1:
            for path in aside.iterdir():
                path.rename(folder / path.name)
            for path in folder.glob(f"model.ckpt-{first}.*"):
                path.unlink()
        return read_weights(prefix, model)

    monkeypatch.setattr("apps_rec.training.warm_start.warm_start.read_weights", save_another_and_read)
    if names_one:
        with pytest.raises(RunError, match=f"model.ckpt-{first} was removed while it was read.* Name the folder"):
            begin(source=str(folder / f"model.ckpt-{first}"))
        return
    new, _, _, report = begin(source=str(tmp_path / "live"))
    assert read == [f"model.ckpt-{first}", f"model.ckpt-{step}"]
    assert report["step"] == step
    np.testing.assert_array_equal(rows_of(new, "app"), rows_of(old, "app"))


def test_nothing_fits(begin, tiny_run, tmp_path):
    other = """
feature_config { features { input_names: "user" feature_name: "u" embedding_dim: 3 hash_bucket_size: 9 } }
"""
    folder = tmp_path / "other"
    folder.mkdir()
    run = tiny_run(folder)
    text = run.config.read_text(encoding="utf-8")
    start, end = text.index("feature_config {"), text.index("train_config {")
    model = 'model_config { feature_groups { group_name: "all" feature_names: "u" } fm { } }'
    run.config.write_text(text[:start] + other + model + "\n" + text[end:], encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        apps_rec.train(run.load("train_config.num_steps=1"))
    with pytest.raises(RunError, match=r"nothing of .* fits this model"):
        begin(source=str(folder / "run"))


def test_rows_are_copied_to_all_replicas(two_replicas):
    source = tf.Variable(tf.reshape(tf.range(12.0), [4, 3]))
    with two_replicas.scope():
        target = tf.Variable(tf.zeros([5, 4]))
    _copy_rows(source, np.array([3, 0]), target, np.array([1, 4]), columns=3)
    for part in two_replicas.experimental_local_results(target):
        np.testing.assert_array_equal(part.numpy()[[1, 4]], [[9, 10, 11, 0], [0, 1, 2, 0]])
        assert not part.numpy()[[0, 2, 3]].any()
