import numpy as np
import pytest

from apps_rec.config import metrics as config_metrics
from apps_rec.evaluation.metrics import GAUC_REDUCTIONS, METRICS, needs_users


@pytest.mark.parametrize("name", METRICS)
def test_a_row_says_over_which_rows_of_one_class_the_metric_has_a_value(name):
    row, users = METRICS[name], {"users": np.zeros(3, np.int64)} if needs_users(name) else {}
    for positive, has_value in ((True, row.of_positives), (False, row.of_negatives)):
        value = row.compute(np.full(3, positive), np.array([0.2, 0.5, 0.6]), **users)
        assert (value is not None) == has_value
    assert row.compute(np.zeros(0), np.zeros(0), **{name: codes[:0] for name, codes in users.items()}) is None
    has_value = row.compute(np.array([0, 1, 1]), np.array([0.2, 0.1, 0.3]), **users) is not None
    assert has_value == (not row.none_where)


def test_the_table_is_that_of_the_config():
    rows = config_metrics.METRICS
    assert list(METRICS) == list(rows)
    assert [name for name in METRICS if needs_users(name)] == [name for name, row in rows.items() if row.user_field]
    for name in ("gauc", "session_auc"):
        assert rows[name].choices["reduction"] == GAUC_REDUCTIONS
