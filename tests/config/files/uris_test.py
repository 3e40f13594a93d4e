import pytest

from apps_rec.config.files.uris import input_mistake, local_mistake, split_uri


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("s3://logs/day=1/a.csv", ("s3", "logs", "day=1/a.csv")),
        ("gs://logs", ("gs", "logs", "")),
        ("hdfs:///data/a b%20[1].csv", ("hdfs", "", "data/a b%20[1].csv")),
        ("hdfs://me@name:8020/data", ("hdfs", "me@name:8020", "data")),
        ("file:///data/a.csv", ("file", "", "data/a.csv")),
        ("data/a.csv", None),
        ("/data/a.csv", None),
        ("C:/data/a.csv", None),
        ("a,s3://logs", None),
    ],
)
def test_parts_of_a_uri(path, parts):
    assert split_uri(path) == parts
    assert input_mistake(path) is None
    assert (local_mistake(path) is None) == (parts is None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("http://host/a.csv", 'with gs://, s3://, hdfs:// or file://, got "http://".'),
        ("S3://logs/a.csv", 'got "S3://".'),
        ("s3:///a.csv", 'expected a bucket, as in s3://bucket/day/*.parquet, got "s3:///a.csv".'),
        ("gs://", 'expected a bucket, as in gs://bucket/day/*.parquet, got "gs://".'),
        ("file://data/a.csv", "expected three slashes and a whole path, as in file:///data/a.csv"),
    ],
)
def test_what_is_wrong_with_a_uri(path, text):
    assert text in input_mistake(path)


def test_a_password_is_refused_and_not_shown():
    mistake = input_mistake("s3://key:secret@logs/a.csv")
    assert "holds credentials" in mistake
    assert "secret" not in mistake
