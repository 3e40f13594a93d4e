"""The trials of a study in its database: which is next, what became of each, and which are kept.

Each choice of values depends on the seed, on its place in the study and on the trials before it, and on nothing else. A
study that was cut short therefore goes on as if it had not been.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from apps_rec.config.load import Config
from apps_rec.config.tuning.parameters import Parameter, Value
from apps_rec.errors import RunError
from apps_rec.protos.pipeline_pb2 import PipelineConfig
from apps_rec.tools.tuning.folder import StudyFolder

_NAME = "apps-rec"
# Attributes of a trial: why it failed; its best step, or that at which it was pruned; whether its values are tried once
# more; and the trial that it stands in for.
REASON, STEP, AGAIN, INSTEAD_OF = "reason", "step", "again", "instead_of"
_SECONDS_FOR_DATABASE = 60
KILLED, INTERRUPTED = "its process was killed", "interrupted"


class Study:
    """A study that is open.

    Args:
        folder: folder of the study, made.
        config: config of all trials, checked.
        space: values to choose from.
        metric: metric by which the best is chosen.
        maximizes: true if its largest value is best.
        first: values of the first trial; those of other parameters are drawn. Empty: all are.

    Raises:
        RunError: the study there is one of another config, space, metric, seed or pruner.
    """

    def __init__(
        self,
        folder: StudyFolder,
        config: Config,
        space: Sequence[Parameter],
        metric: str,
        maximizes: bool,
        first: dict[str, Value],
    ) -> None:
        self.folder, self.config, self.space, self.metric = folder, config, list(space), metric
        self.maximizes = maximizes
        self._tune = config.message.tune_config
        self._distributions = {one.name: _distribution(one) for one in space}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with folder.alone(), warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            is_new = not folder.database.exists()
            storage = optuna.storages.RDBStorage(
                f"sqlite:///{folder.database.resolve()}",
                engine_kwargs={"connect_args": {"timeout": _SECONDS_FOR_DATABASE}},
            )
            self.optuna = optuna.create_study(
                storage=storage,
                study_name=_NAME,
                direction="maximize" if maximizes else "minimize",
                pruner=_pruner(self._tune),
                load_if_exists=True,
            )
            self._settle(is_new, first)

    def _settle(self, is_new: bool, first: dict[str, Value]) -> None:
        """Keeps what the study is of, or compares it with that of the study that is there."""
        own = _identity(self.config, self.space, self.metric)
        there = self.optuna.user_attrs
        if is_new or not there:
            for name, text in own.items():
                self.optuna.set_user_attr(name, text)
            if first:
                self.optuna.enqueue_trial(first)
            return
        for name, text in own.items():
            if there.get(name) != text:
                was, now = _first_difference(there.get(name, ""), text)
                raise RunError(
                    f"{self.folder.path} holds a study of another {name}: it had `{was}` where there is `{now}` now. "
                    "Go on with what it had, or begin another study with -o"
                )

    # -- trials ----------------------------------------------------------------------------------------------------

    def begin(self) -> tuple[optuna.Trial, int] | None:
        """Returns the next trial and the file of its lock; None if there are as many as the config asks for."""
        with self.folder.alone():
            self._give_up_killed()
            trials = self.optuna.get_trials(deepcopy=False)
            waiting = [one for one in trials if one.state == TrialState.WAITING]
            place = sum(one.state != TrialState.WAITING and AGAIN not in one.user_attrs for one in trials)
            if place >= self._tune.n_trials:
                return None
            if not waiting:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                    self.optuna.sampler = optuna.samplers.TPESampler(seed=_seed(self._tune.seed, place))
            elif waiting[0].number == 0:
                # The config's own values; what they leave open is drawn.
                self.optuna.sampler = optuna.samplers.RandomSampler(seed=_seed(self._tune.seed, place))
            trial = self.optuna.ask(self._distributions)
            lock = self.folder.hold_trial(trial.number)
            assert lock is not None, "only begin takes locks of new trials"
            return trial, lock

    def complete(self, trial: optuna.Trial, value: float, step: int) -> None:
        """Keeps the value of a trial that came to its end."""
        with self.folder.alone():
            trial.set_user_attr(STEP, step)
            self.optuna.tell(trial, value)
            self._remove_all_but_best()

    def prune(self, trial: optuna.Trial, step: int) -> None:
        """Notes that a trial was ended at a step, because others were better there."""
        with self.folder.alone():
            trial.set_user_attr(STEP, step)
            self.optuna.tell(trial, state=TrialState.PRUNED)
            self.folder.remove_trial(trial.number)

    def fail(self, trial: optuna.Trial, reason: str) -> None:
        """Notes that a trial failed, and why."""
        with self.folder.alone():
            self._fail(trial, trial.number, reason)

    def cut_short(self, trial: optuna.Trial) -> None:
        """Notes that a trial was interrupted; its values are tried again by whoever goes on with the study."""
        with self.folder.alone():
            self._try_again(trial, self._frozen(trial.number), INTERRUPTED)

    def release(self, trial: optuna.Trial, lock: int) -> None:
        """Frees the lock of a trial that has ended."""
        with self.folder.alone():
            self.folder.release_trial(trial.number, lock)

    def trials(self) -> list[FrozenTrial]:
        """Returns all trials that began, by number."""
        return [one for one in self.optuna.get_trials(deepcopy=False) if one.state != TrialState.WAITING]

    def ranked(self) -> list[FrozenTrial]:
        """Returns the trials that came to their end, the best first; of equal ones the earlier first."""
        done = [(one.value, one) for one in self.trials() if one.state == TrialState.COMPLETE and one.value is not None]
        sign = -1 if self.maximizes else 1
        return [one for _, one in sorted(done, key=lambda pair: (sign * pair[0], pair[1].number))]

    def kept(self) -> list[int]:
        """Returns the numbers of the trials whose model_dir stays, the best first."""
        return [one.number for one in self.ranked()[: self._tune.keep_trials]]

    # -- under the lock of the study -------------------------------------------------------------------------------

    def _frozen(self, number: int) -> FrozenTrial:
        return next(one for one in self.optuna.get_trials(deepcopy=False) if one.number == number)

    def _fail(self, trial: optuna.Trial | int, number: int, reason: str) -> None:
        self._note(self._frozen(number), REASON, reason)
        self.optuna.tell(trial, state=TrialState.FAIL)
        self.folder.remove_trial(number)

    def _try_again(self, trial: optuna.Trial | int, frozen: FrozenTrial, reason: str) -> None:
        """Fails a trial that another one with its values takes the place of; a second time it counts as failed."""
        if INSTEAD_OF not in frozen.user_attrs:
            self._note(frozen, AGAIN, True)
            self.optuna.enqueue_trial(frozen.params, user_attrs={INSTEAD_OF: frozen.number})
        self._fail(trial, frozen.number, reason)

    def _note(self, frozen: FrozenTrial, name: str, value: Any) -> None:
        """Sets an attribute of a trial that may be another process's, for which Optuna's study has no method."""
        self.optuna._storage.set_trial_user_attr(frozen._trial_id, name, value)

    def _give_up_killed(self) -> None:
        """Fails the trials that are said to run, but whose process is gone."""
        for one in self.optuna.get_trials(deepcopy=False):
            if one.state != TrialState.RUNNING:
                continue
            lock = self.folder.hold_trial(one.number)
            if lock is not None:
                logging.getLogger("apps_rec.tune").warning("trial %d: failed: %s", one.number, KILLED)
                self._try_again(one.number, one, KILLED)
                self.folder.release_trial(one.number, lock)

    def _remove_all_but_best(self) -> None:
        kept = set(self.kept())
        for one in self.ranked():
            if one.number not in kept:
                self.folder.remove_trial(one.number)


def _distribution(parameter: Parameter) -> BaseDistribution:
    values = parameter.values
    if parameter.kind == "choices":
        return CategoricalDistribution(list(values.value))
    if parameter.kind == "integers":
        return IntDistribution(
            values.min, values.min + (values.max - values.min) // values.step * values.step, step=values.step
        )
    return FloatDistribution(values.min, values.max, log=parameter.kind == "log_uniform")


def _pruner(tune: Any) -> optuna.pruners.BasePruner:
    if tune.WhichOneof("pruner") == "no_pruner":
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(tune.median_pruner.n_startup_trials, tune.median_pruner.n_warmup_steps)


def _seed(seed: int, place: int) -> int:
    """Returns a seed for each place in a study."""
    return (seed * 1_000_003 + place) % 2**32


def _identity(config: Config, space: Sequence[Parameter], metric: str) -> dict[str, str]:
    """Returns what must stay the same while a study goes on, as texts by what each is."""
    training = PipelineConfig()
    training.CopyFrom(config.message)
    for name in ("tune_config", "model_dir"):
        training.ClearField(name)
    tune = config.message.tune_config
    pruner = tune.WhichOneof("pruner") or "median_pruner"
    numbers = getattr(tune, pruner)
    shown = {field.name: getattr(numbers, field.name) for field in numbers.DESCRIPTOR.fields}
    return {
        "config": str(training),
        "space": "\n".join(one.to_text() for one in space),
        "metric": metric,
        "seed": str(tune.seed),
        "pruner": f"{pruner} {shown}",
    }


def _first_difference(before: str, now: str) -> tuple[str, str]:
    """Returns the first lines of two texts that differ."""
    pairs = [before.splitlines(), now.splitlines()]
    at = next((n for n, pair in enumerate(zip(*pairs, strict=False)) if pair[0] != pair[1]), min(map(len, pairs)))
    was, is_now = (lines[at].strip() if at < len(lines) else "nothing" for lines in pairs)
    return was, is_now
