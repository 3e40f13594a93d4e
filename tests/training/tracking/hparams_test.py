import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import Status
from tensorboard.plugins.hparams.backend_context import Context

import apps_rec
from apps_rec.errors import RunError
from apps_rec.tools.reporting.curves import read_curves
from apps_rec.training.run.folder import RunFolder
from apps_rec.training.tracking import hparams

BEST = ("export_config.exporter_type=best", "export_config.best_exporter_metric=auc_ctcvr")


def page(folder):
    """Start and end of each run as TensorBoard's plugin reads them, and the experiment that it makes of them."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    context = Context(TBContext(data_provider=MultiplexerDataProvider(multiplexer, str(folder))))
    request = RequestContext()
    found = context.hparams_metadata(request, "")
    starts = {
        run: metadata.parse_session_start_info_plugin_data(tags[metadata.SESSION_START_INFO_TAG])
        for run, tags in found.items()
    }
    ends = {
        run: metadata.parse_session_end_info_plugin_data(tags[metadata.SESSION_END_INFO_TAG]).status
        for run, tags in found.items()
        if metadata.SESSION_END_INFO_TAG in tags
    }
    values = {
        run: {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
        for run, start in starts.items()
    }
    experiment = context.experiment_from_metadata(request, "", True, found, [])
    return values, ends, experiment


def test_the_page_shows_what_a_run_began_with_what_it_measured_and_how_it_ended(small):
    rate = "train_config.optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate"
    config = [*BEST, "train_config.num_steps=4", "train_config.save_summary_steps=2"]
    apps_rec.train(small.load(*config, f"{rate}=0.01"))
    values, ends, experiment = page(small.folder)
    assert list(values) == ["run/summaries"]
    short = "optimizer_config.adam_optimizer.learning_rate.constant_learning_rate.learning_rate"
    assert values["run/summaries"][short] == 0.01
    assert values["run/summaries"]["num_steps"] == 4
    assert ends == {"run/summaries": Status.STATUS_SUCCESS}
    metrics = {info.name.tag for info in experiment.metric_infos}
    assert {"loss", "loss_ctr", "eval/auc_ctcvr"} <= metrics
    assert {short, "batch_size"} <= {info.name for info in experiment.hparam_infos}
    # The report draws numbers alone.
    assert not [curve.name for curve in read_curves(RunFolder(small.folder / "run")).curves if "hparams" in curve.name]

    # Of a run that goes on the page shows the newest, not the first that it finds.
    apps_rec.train(small.load(*config, "train_config.num_steps=6", f"{rate}=0.02"), resume=True)
    values, ends, _ = page(small.folder)
    assert (values["run/summaries"]["num_steps"], values["run/summaries"][short]) == (6, 0.02)
    assert ends == {"run/summaries": Status.STATUS_SUCCESS}


def test_an_end_replaces_no_start_and_a_start_replaces_the_end(tmp_path):
    hparams.start_session(tmp_path, {"rate": 0.5, "kind": "adam", "staircase": True})
    assert page(tmp_path)[:2] == ({".": {"rate": 0.5, "kind": "adam", "staircase": True}}, {})
    hparams.end_session(tmp_path, is_finished=False)
    assert page(tmp_path)[:2] == (
        {".": {"rate": 0.5, "kind": "adam", "staircase": True}},
        {".": Status.STATUS_FAILURE},
    )
    hparams.start_session(tmp_path, {"rate": 0.25})
    assert page(tmp_path)[:2] == ({".": {"rate": 0.25}}, {})


def test_a_folder_that_cannot_be_written_is_an_error_with_a_way_on(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"hyperparameters cannot be written to .*save_summary_steps=0"):
        hparams.start_session(tmp_path / "file", {"rate": 0.5})
