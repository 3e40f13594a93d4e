"""A newest checkpoint with a flipped byte, and full runs that go on from the one before it."""

import random
import re
import shutil

import pytest


@pytest.fixture(scope="module")
def half(whole):
    """Return the name of a run that ended after 55 steps, its newest checkpoints of steps 50 and 55."""
    whole.train("half", overrides=["train_config.num_steps=55"]).finish()
    return "half"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_a_run_goes_on_from_the_checkpoint_before(whole, half, seed):
    name = f"damaged{seed}"
    shutil.copytree(whole.folder / half, whole.folder / name)
    ending = ("index", "data-00000-of-00001", "sha256.json", "data-00000-of-00001", None)[seed]
    folder = whole.folder / name / "checkpoints"
    path = folder / ("checkpoint" if ending is None else f"model.ckpt-55.{ending}")
    draw = random.Random(seed)
    data = bytearray(path.read_bytes())
    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
    log = whole.train(name, "--resume").finish()
    if ending is None:
        assert "is damaged" not in log
        assert "resumed from step 55\n" in log
    else:
        assert re.search(r"checkpoint damaged\d/checkpoints/model\.ckpt-55 is damaged or half-written: model", log)
        assert "resumed from step 50\n" in log
    whole.assert_equal(name)
