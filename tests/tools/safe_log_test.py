"""The log of the package, whoever handles it."""

import logging

import apps_rec  # noqa: F401


def test_the_log_shows_no_credentials_and_controls_no_terminal(seen):
    log = logging.getLogger("apps_rec")
    log.info("reads %s and %d", "s3://key:secret@logs/a\x1b[2J.csv", 3)
    log.warning("100 %")
    assert [record.getMessage() for record in seen.records] == ["reads s3://***@logs/a\\x1b[2J.csv and 3", "100 %"]
