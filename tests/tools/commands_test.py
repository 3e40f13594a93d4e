import pytest

import apps_rec
from apps_rec.errors import RunError


@pytest.mark.parametrize(
    ("command", "arguments", "name"),
    [
        (apps_rec.export, ("tiny.config", "gs://bucket/models"), "output"),
        (apps_rec.convert, ("tiny.config", "s3://bucket/out"), "output"),
        (apps_rec.predict, ("export/1", "rows.csv", "s3://bucket/scores.csv"), "output"),
        (apps_rec.predict, ("hdfs:///models/1", "rows.csv", "scores.csv"), "export"),
    ],
)
def test_what_is_written_or_loaded_is_of_this_machine(command, arguments, name):
    with pytest.raises(RunError, match=f"^{name}: expected a path without a scheme.*mount the store"):
        command(*arguments)


def test_convert_takes_uris(tiny, monkeypatch):
    monkeypatch.chdir(tiny.folder)
    plain = apps_rec.convert("tiny.config", "plain", "train.csv", rows_per_file=300)
    by_uri = apps_rec.convert("tiny.config", "by_uri", f"file://{tiny.folder}/tr*.csv", rows_per_file=300)
    assert (by_uri.files, by_uri.rows) == (plain.files, plain.rows)
    names = sorted(path.name for path in plain.folder.glob("*.tfrecord"))
    assert len(names) == plain.files > 1
    for name in names:
        assert (by_uri.folder / name).read_bytes() == (plain.folder / name).read_bytes()
