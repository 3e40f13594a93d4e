"""`kill -9` at seeded moments, and `--resume`: the end is bit-equal to an uninterrupted run's."""

import random
import shutil
import signal
import time

import pytest

KINDS = ("step", "save", "evaluation", "epoch", "time")
NUM_EPOCHS, STEPS_PER_SAVE = 4, 10
# In the quick suite: one kill in a save, one at an epoch's end.
QUICK = (6,)


def plan(seed, whole):
    """Kind of a kill, and where: a point of `killed_at.py` with count and delay, or seconds from the first message."""
    draw = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    saves = whole.steps // STEPS_PER_SAVE
    if kind == "step":
        return kind, ("step", draw.randint(1, whole.steps - 1), draw.uniform(0, 0.02))
    if kind == "save":
        point = ("save", "written", "checked", "swept")[seed // len(KINDS) % 4]
        return kind, (point, draw.randint(1, saves), draw.uniform(0, 0.02) if point == "save" else 0)
    if kind == "evaluation":
        return kind, ("evaluation", draw.randint(1, saves), draw.uniform(0, 0.05))
    if kind == "epoch":
        per_epoch = whole.steps // NUM_EPOCHS
        return kind, (
            "step",
            draw.randint(1, NUM_EPOCHS - 1) * per_epoch + draw.randint(-1, 1),
            draw.choice((0, 0.003)),
        )
    return kind, draw.uniform(0.1, 0.7) * whole.seconds


def kill_after(whole, name, seconds):
    """Kills a run after so many seconds, or half of them where it had come to its end: machines have their moods."""
    code = 0
    while code == 0:
        shutil.rmtree(whole.folder / name, ignore_errors=True)
        training = whole.train(name)
        training.wait_for("\n")
        time.sleep(seconds)
        training.process.kill()
        code, log = training.end()
        seconds /= 2
    return code, log


def kill_and_resume(whole, seed, resume):
    kind, where = plan(seed, whole)
    name = f"killed{seed}"
    if kind == "time":
        code, log = kill_after(whole, name, where)
    else:
        code, log = whole.train(name, at=where).end()
    assert code == -signal.SIGKILL, f"{where}: exit code {code} and no kill\n{log}"
    resume(name, "--resume")
    whole.assert_equal(name)


@pytest.mark.parametrize("seed", QUICK)
def test_a_killed_run_goes_on_to_the_same_bits(whole, seed):
    kill_and_resume(whole, seed, whole.finish_here)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(20) if seed not in QUICK])
def test_a_killed_run_goes_on_to_the_same_bits_in_another_process(whole, seed):
    kill_and_resume(whole, seed, lambda *words: whole.train(*words).finish())


def test_the_kills_are_of_all_kinds(whole):
    kinds = [plan(seed, whole) for seed in range(20)]
    assert {kind for kind, _ in kinds} == set(KINDS)
    assert {where[0] for kind, where in kinds if kind == "save"} == {"save", "written", "checked", "swept"}
    assert plan(QUICK[0], whole)[0] == "save"
