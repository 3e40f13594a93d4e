"""Bins of a RawFeature become its boundaries."""

import numpy as np

from apps_rec.config import parse_text

AGE = 'input_names: "age" feature_type: RawFeature embedding_dim: 8'


def test_bins_are_boundaries(base, change):
    config = parse_text(change((AGE, f"{AGE} num_buckets: 4 min_val: -1 max_val: 9")))
    (age,) = (one for one in config.message.feature_config.features if one.feature_name == "age")
    assert list(age.boundaries) == [-1, 1.5, 4, 6.5]
    assert not any(age.HasField(name) for name in ("num_buckets", "min_val", "max_val"))
    # EasyRec cuts the normalised number at 0, 1/4, 2/4 and 3/4.
    values = np.array([-3, -1.01, -1, 1.49, 1.5, 3.9, 4, 6.49, 6.5, 9, 70])
    theirs = np.digitize((values + 1) / 10, [0, 0.25, 0.5, 0.75])
    assert np.digitize(values, age.boundaries).tolist() == theirs.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4]
    assert parse_text(config.to_text()).message == config.message


def test_one_bin_and_bins_beside_boundaries_are_noted(base, change):
    bounds = "min_val: 0 max_val: 9"
    (note,) = parse_text(change((AGE, f"{AGE} num_buckets: 1 {bounds}"))).notes
    assert note.endswith("num_buckets: noted: one bucket tells no number from another")


def test_a_mistake_in_bins_names_num_buckets(change, report):
    (line,) = report(change((AGE, f"{AGE} num_buckets: 4 min_val: 0 max_val: 9 mean: 1 stddev: 2")))
    assert "features[feature_name=age].mean: a number is cut at boundaries or normalised, not both." in line
