from apps_rec.training.callbacks import UndefinedMetricError


def test_a_metric_without_a_value_says_why_and_what_to_choose():
    text = str(UndefinedMetricError(20, "auc_ctr", {"auc_ctr": None, "log_loss_ctr": 0.25, "rows": 5}))
    assert "auc_ctr is undefined on the rows it is chosen on: they hold one class only. The run is saved at" in text
    assert "Choose a metric that has a value there (log_loss_ctr), rows of both classes for eval_input_path, or" in text
    text = str(UndefinedMetricError(20, "precision_ctr", {"precision_ctr": None, "auc_ctr": 0.75}))
    assert "precision_ctr is undefined on the rows it is chosen on: none above the threshold. The run is saved" in text
    assert "Choose a metric that has a value there (auc_ctr), a lower threshold, or no best at all" in text
