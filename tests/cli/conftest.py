import pytest


@pytest.fixture
def batches_alone(monkeypatch):
    """Have trainings read their batches and nothing else, with one model for all: for tests of what is said of rows."""
    from apps_rec.data.pipeline.dataset import make_dataset
    from apps_rec.training import job, loop
    from apps_rec.training.estimator import Estimator

    made = []

    def estimator(*arguments, **options):
        made.append(made[0] if made else Estimator(*arguments, **options))
        return made[0]

    monkeypatch.setattr(job, "Estimator", estimator)
    monkeypatch.setattr(
        loop, "training_dataset", lambda config, preprocessor, source, start: make_dataset(source, start=start)
    )
    monkeypatch.setattr(loop, "run_steps", lambda model, dataset, *others: [None for batch in dataset])
