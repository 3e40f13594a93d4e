"""`apps-rec check` says of every field whether it is used, has no effect or is refused."""

from tests.cli.commands import edit, fails, run


def test_fields_without_an_effect_are_noted(tiny, capsys):
    edit(tiny.config, "train_config {", "train_config {\n sync_replicas: true")
    code, out, err = run(capsys, "check", "tiny.config")
    assert (code, err) == (0, "")
    note, counts, last = out.splitlines()
    assert note.startswith("tiny.config:")
    assert "train_config.sync_replicas: noted: the strategy decides" in note
    assert counts.endswith(" fields used, 1 noted")
    assert last == "tiny.config: no mistakes found"


def test_refused_fields_are_counted_beside_the_mistakes(tiny, capsys):
    edit(
        tiny.config,
        "train_config {",
        "train_config {\n sync_replicas: true force_restore_shape_compatible: true dead_line: 'x'",
    )
    note, counts, *mistakes = fails(capsys, "check", "tiny.config").splitlines()
    assert ": noted: " in note
    assert counts.endswith(" fields used, 1 noted, 2 refused")
    assert [line.partition("train_config.")[2].partition(":")[0] for line in mistakes] == [
        "force_restore_shape_compatible",
        "dead_line",
    ]
    assert all(": refused: " in line for line in mistakes)


def test_verbose_shows_what_is_used(tiny, capsys):
    code, out, _ = run(capsys, "check", "tiny.config", "--verbose")
    assert code == 0
    assert (
        "tiny.config: used: DatasetConfig.batch_size: rows in one step, over all replicas together" in out.splitlines()
    )
    assert "tiny.config: used: FeatureConfig.position: a field of this package alone" in out.splitlines()


def test_other_commands_say_how_much_is_noted(tiny, capsys, batches_alone):
    edit(tiny.config, "train_config {", "train_config {\n sync_replicas: true is_profiling: false")
    code, _, err = run(capsys, "train", "tiny.config", "--set", "train_config.num_steps=1")
    assert code == 0
    assert err.count("tiny.config: 2 fields have no effect here; `apps-rec check` says which and why") == 1
    assert "sync_replicas" not in err


def test_the_days_of_paths_are_shown(tiny, capsys):
    code, out, err = run(
        capsys, "check", "tiny.config", "--set", "train_input_path=log/{date-2..date-1}.csv", "--date", "2026-11-08"
    )
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        'tiny.config: train_input_path: "log/{date-2..date-1}.csv" is "log/{2026-11-06..2026-11-07}.csv"',
        'tiny.config: train_input_path: "log/{2026-11-06..2026-11-07}.csv" is 2 days, "log/2026-11-06.csv" to '
        '"log/2026-11-07.csv"',
        "tiny.config: no mistakes found",
    ]
