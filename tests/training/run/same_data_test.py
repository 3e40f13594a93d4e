"""A run goes on only over the rows it began with."""

import pytest

import apps_rec
from apps_rec.config import load_config
from apps_rec.errors import RunError
from apps_rec.protos.data_pb2 import DataConfig
from apps_rec.training.run.folder import RunFolder, write_config
from apps_rec.training.run.same_data import MAY_CHANGE, check_same_data


@pytest.fixture
def run(tiny):
    """Return the folder of a run that was begun with tiny.config."""
    folder = RunFolder(tiny.folder / "run")
    folder.path.mkdir()
    write_config(folder, tiny.load().to_text())
    return folder


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("train_config.seed=43", "train_config.seed: 42 then, 43 now"),
        ("data_config.shuffle=false", "data_config.shuffle: true then, false now"),
        ("data_config.shuffle_buffer_size=99", "data_config.shuffle_buffer_size: 100 then, 99 now"),
        (
            "data_config.row_filter[0].drop=other",
            'data_config.row_filter[column=source].drop: ["cache"] then, ["other"] now',
        ),
        ("data_config.holdout_fraction=0.25", "data_config.holdout_fraction: 0 then, 0.25 now"),
        (
            "data_config.input_fields[input_name=app].default_val=-2",
            'data_config.input_fields[input_name=app].default_val: "-1" then, "-2" now',
        ),
        (
            "data_config.input_fields[input_name=app].input_type=INT32",
            "data_config.input_fields[input_name=app].input_type: INT64 then, INT32 now",
        ),
        ("data_config.drop_remainder=true", "data_config.drop_remainder: false then, true now"),
        ("data_config.separator=;", 'data_config.separator: "," then, ";" now'),
    ],
)
def test_what_decides_over_rows_may_not_change(tiny, run, override, said):
    with pytest.raises(RunError) as caught:
        check_same_data(run, tiny.load(override).message)
    assert f"\n  {said}\n" in str(caught.value)
    assert "--restart" in str(caught.value)
    assert "fine_tune_checkpoint" in str(caught.value)


def test_every_change_is_named(tiny, run):
    overrides = ["train_config.seed=1", "data_config.shuffle=false", "data_config.holdout_fraction=0.5"]
    with pytest.raises(RunError) as caught:
        check_same_data(run, load_config(tiny.config, overrides).message)
    assert all(f"{name}: " in str(caught.value) for name in ("seed", "shuffle", "holdout_fraction"))


def test_what_may_change(tiny, run):
    check_same_data(
        run,
        tiny.load(
            "data_config.num_epochs=9",
            "data_config.prefetch_size=1",
            "data_config.eval_batch_size=7",
            "data_config.batch_size=16",
            "data_config.bad_rows=SKIP",
            "data_config.key_fields=app",
            "train_config.num_steps=99",
        ).message,
    )
    assert {field.name for field in DataConfig.DESCRIPTOR.fields} >= MAY_CHANGE


def test_another_metric_than_the_best_was_chosen_by(tiny, run):
    other = tiny.load("export_config.exporter_type=best", "export_config.best_exporter_metric=auc_ctr").message
    check_same_data(run, other)
    run.best.mkdir()
    with pytest.raises(RunError, match=r"export_config\.best_exporter_metric: .* then, \"auc_ctr\" now"):
        check_same_data(run, other)


def test_resume_asks(small):
    apps_rec.train(small.load("train_config.num_steps=2"))
    with pytest.raises(RunError, match=r"train_config\.seed: 42 then, 7 now"):
        apps_rec.train(small.load("train_config.seed=7"), resume=True)
