"""What messages show: no credentials of a URI, no character that a terminal obeys."""

import pytest

from apps_rec.errors import ArgumentError, ConfigError, shown, without_credentials


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("s3://me:secret@logs/a.csv", "s3://***@logs/a.csv"),
        # A password may hold what ends a host, a path of a list or a word.
        ("s3://me:se/cret@logs/a.csv", "s3://***@logs/a.csv"),
        ("s3://me:se,cret@logs/a.csv", "s3://***@logs/a.csv"),
        ("a s3://me:se cret@logs/a.csv", "a s3://***@logs/a.csv"),
        ("s3://me:secret@logs/a,s3://you:more@logs/b", "s3://***@logs/a,s3://***@logs/b"),
        ("s3://me:secret", "s3://***"),
        ("s3://key@logs/a.csv", "s3://***@logs/a.csv"),
        ("hdfs://me:secret@host:8020/a", "hdfs://***@host:8020/a"),
        ("https://h/a?X-Amz-Signature=abc&part=1", "https://h/a?X-Amz-Signature=***&part=1"),
        ("gs://b/a?part=1&access_token=abc", "gs://b/a?part=1&access_token=***"),
    ],
)
def test_credentials_are_masked(text, safe):
    assert without_credentials(text) == safe
    assert without_credentials(safe) == safe
    assert str(ConfigError(f"--set train_input_path={text}")) == f"--set train_input_path={safe}"


@pytest.mark.parametrize(
    "text",
    [
        "s3://logs/day@2/a?.csv",
        "hdfs://me@host:8020/a@b",
        "file:///data/a:b@c.csv",
        "http://[::1]:80/a",
        "a:b@c",
        "host:80",
        "",
    ],
)
def test_what_is_no_credential_stays(text):
    assert without_credentials(text) == text


def test_nothing_reaches_a_terminal_that_it_obeys():
    assert shown("a\x1b[2J\x7f\x9b\u202eb\udcff\r") == "a\\x1b[2J\\x7f\\x9b\\u202eb\\udcff\\r"
    assert shown("ü 工具\u3000\xa0नमस्\u200dते\n\tb") == "ü 工具\u3000\xa0नमस्\u200dते\n\tb"
    assert str(ConfigError("a\x1b[2J\nb")) == "a\\x1b[2J\nb"


def test_an_argument_is_named_as_python_or_as_the_command_calls_it():
    error = ArgumentError("{part_format}, {top_k}: got {got}", "part_format", "top_k", got="{top_k}\x1b")
    assert str(error) == "part_format, top_k: got {top_k}\\x1b"
    assert error.of_command() == "--format, --top-k: got {top_k}\\x1b"
