from apps_rec.data.rows.progress import ProgressLog


def lines(caplog):
    return [record.getMessage() for record in caplog.records]


def test_it_is_said_every_ten_seconds(caplog):
    times = iter([0.0, 4.0, 11.0, 15.0, 21.5])
    with caplog.at_level("INFO", "apps_rec.data"):
        progress = ProgressLog("written", clock=lambda: next(times))
        for _ in range(4):
            progress.add(100)
    assert lines(caplog) == ["200 rows written, 18 rows/s", "400 rows written, 19 rows/s"]


def test_the_share_is_said_where_it_is_known_and_the_total_at_the_end(caplog):
    times = iter([0.0, 10.0, 20.0, 25.0])
    with caplog.at_level("INFO", "apps_rec.data"):
        progress = ProgressLog("scored", clock=lambda: next(times))
        progress.add(25_000, 0.25)
        progress.add(25_000, 0.5)
        progress.finish("out/scores")
    assert progress.rows == 50_000
    assert lines(caplog) == [
        "25,000 rows scored, 2,500 rows/s, 25% of the input",
        "50,000 rows scored, 2,500 rows/s, 50% of the input",
        "50,000 rows scored, 2,000 rows/s, 25.0 s: out/scores",
    ]
