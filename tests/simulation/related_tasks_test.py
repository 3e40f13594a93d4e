"""The MMOE paper's synthetic tasks: the cosine of their weights and the correlation of their labels are as stated."""

import numpy as np
import pytest

from apps_rec.simulation.related_tasks import RelatedTasks


@pytest.mark.parametrize("cosine", [-1.0, -0.3, 0.0, 0.5, 0.9, 1.0])
def test_weights_have_the_cosine_and_the_length(cosine):
    first, second = RelatedTasks(cosine, num_inputs=7, scale=2.5, seed=3).weights
    assert np.linalg.norm(first) == pytest.approx(2.5)
    assert np.linalg.norm(second) == pytest.approx(2.5)
    assert first @ second / 2.5**2 == pytest.approx(cosine, abs=1e-12)


def test_a_label_by_hand():
    tasks = RelatedTasks(0.6, num_inputs=2, frequencies=[2.0, 5.0], phases=[0.1, -0.4], noise_stddev=0.0)
    x, y = tasks.rows(3, seed=1)
    for row, labels in zip(x, y, strict=True):
        for weights, label in zip(tasks.weights, labels, strict=True):
            z = sum(w * value for w, value in zip(weights, row, strict=True))
            assert label == pytest.approx(z + np.sin(2 * z + 0.1) + np.sin(5 * z - 0.4))


def test_noise_is_of_its_size_and_independent_of_the_other_task():
    tasks = RelatedTasks(1.0, num_inputs=5)
    x, y = tasks.rows(40_000, seed=2)
    noise = y - tasks.means(x)
    assert noise.std(axis=0) == pytest.approx([0.1, 0.1], rel=0.02)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.02  # four standard errors


@pytest.mark.parametrize("cosine", [-0.7, 0.0, 0.5, 0.9, 1.0])
def test_the_correlation_of_labels_is_that_of_a_sample_and_of_a_quadrature(cosine):
    tasks = RelatedTasks(cosine, num_inputs=4, scale=0.8, seed=5)
    _, y = tasks.rows(200_000, seed=7)
    assert np.corrcoef(y.T)[0, 1] == pytest.approx(tasks.label_correlation(), abs=0.009)  # four standard errors

    points, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    first = 0.8 * points[:, None] + 0 * points
    second = 0.8 * (cosine * points[:, None] + np.sqrt(1 - cosine**2) * points)

    def label(z):
        return z + sum(np.sin(a * z + b) for a, b in ((1, 0.0), (2, 0.5), (3, 1.0), (4, 1.5)))

    def mean(values):
        return weights @ values @ weights

    covariance = mean(label(first) * label(second)) - mean(label(first)) * mean(label(second))
    variance = mean(label(first) ** 2) - mean(label(first)) ** 2 + 0.01
    assert tasks.label_correlation() == pytest.approx(covariance / variance, abs=1e-9)


def test_linear_tasks_without_noise_are_correlated_as_their_weights():
    tasks = RelatedTasks(0.4, frequencies=(), phases=(), noise_stddev=0.0)
    assert tasks.label_correlation() == pytest.approx(0.4)


def test_a_seed_gives_the_same_rows_and_another_gives_others():
    tasks = RelatedTasks(0.5, num_inputs=3, seed=1)
    assert np.array_equal(tasks.rows(4, seed=2)[1], tasks.rows(4, seed=2)[1])
    assert not np.any(tasks.rows(4, seed=2)[0] == tasks.rows(4, seed=3)[0])
    assert not np.allclose(tasks.weights, RelatedTasks(0.5, num_inputs=3, seed=2).weights)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cosine": 1.1}, "cosine: expected a number from -1 to 1, got 1.1."),
        ({"num_inputs": 1}, "num_inputs: expected 2 or more, for two directions; got 1."),
        ({"scale": 0.0}, "scale: expected a number above 0, got 0.0."),
        ({"noise_stddev": -0.1}, "noise_stddev: expected 0 or more, got -0.1."),
        ({"phases": (0.0,)}, "phases: expected as many as frequencies, 4; got 1."),
    ],
)
def test_what_is_out_of_range_is_said(wrong, message):
    with pytest.raises(ValueError, match=message):
        RelatedTasks(**{"cosine": 0.5, **wrong})
