"""Looks at the machine and the packages that apps_rec runs on, and says what is amiss and what mends it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

import apps_rec

# Extras for those who work on apps_rec itself.
_FOR_DEVELOPERS = {"dev"}
# What a driver of NVIDIA leaves on a machine with a GPU.
_GPU_DEVICE = Path("/dev/nvidia0")
# The model of docs/scaling.md, with its log and its checkpoints, fits in this.
_LEAST_DISK = 1e9
_LEAST_MEMORY = 2e9


@dataclass
class Finding:
    """One fact about the machine.

    Attributes:
        name: what was looked at.
        value: what was found.
        mistake: what is wrong with it; None: nothing.
        mend: what to do about the mistake, or how to get what is absent and optional.
    """

    name: str
    value: str
    mistake: str | None = None
    mend: str | None = None


@dataclass
class Diagnosis:
    """All findings; printed, a line for each."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def mistakes(self) -> list[Finding]:
        """Returns the findings that keep apps_rec from running as it should."""
        return [finding for finding in self.findings if finding.mistake]

    def to_json(self) -> list[dict[str, str | None]]:
        """Returns the findings as JSON values."""
        return [asdict(finding) for finding in self.findings]

    def __str__(self) -> str:
        width = max((len(finding.name) for finding in self.findings), default=0)
        lines = []
        for finding in self.findings:
            mark = "!!" if finding.mistake else "  "
            lines.append(f"{mark} {finding.name:<{width}}  {finding.value}")
            if finding.mistake:
                lines.append(f"   {'':<{width}}  {finding.mistake}")
            if finding.mend:
                lines.append(f"   {'':<{width}}  -> {finding.mend}")
        return "\n".join(lines)


def packages(requirements: list[str], versions: Mapping[str, str]) -> Iterator[Finding]:
    """Holds what is installed against what apps_rec asks for.

    Args:
        requirements: the requirements of a distribution, as its metadata has them, those of extras included.
        versions: version by name of each distribution that is installed.
    """
    known = {canonicalize_name(name): version for name, version in versions.items()}
    extras: dict[str, list[Requirement]] = {}
    for text in requirements:
        one = Requirement(text)
        extra = _extra(one)
        if extra is None:
            if one.marker is None or one.marker.evaluate():
                yield _package(one, known)
        elif extra not in _FOR_DEVELOPERS:
            extras.setdefault(extra, []).append(one)
    for extra, wanted in sorted(extras.items()):
        lacking = [str(one.name) for one in wanted if not _fits(one, known)]
        name = f"apps_rec[{extra}]"
        if lacking:
            yield Finding(name, f"optional, lacks {', '.join(lacking)}", mend=f"pip install '{name}'")
        else:
            yield Finding(name, ", ".join(f"{one.name} {known[canonicalize_name(one.name)]}" for one in wanted))


def _package(one: Requirement, known: Mapping[NormalizedName, str]) -> Finding:
    version = known.get(canonicalize_name(one.name))
    wanted = f"{one.name}{one.specifier}"
    if version is None:
        return Finding(one.name, "not installed", f"apps_rec needs {wanted}", f"pip install '{wanted}'")
    if not _fits(one, known):
        return Finding(one.name, version, f"apps_rec was tested with {wanted} alone", f"pip install '{wanted}'")
    return Finding(one.name, version)


def _fits(one: Requirement, known: Mapping[NormalizedName, str]) -> bool:
    version = known.get(canonicalize_name(one.name))
    return version is not None and one.specifier.contains(version, prereleases=True)


def _extra(one: Requirement) -> str | None:
    """Returns the extra that a requirement belongs to: the marker that setuptools writes is `extra == "name"`."""
    text = str(one.marker or "")
    return text.split('extra == "')[1].split('"')[0] if 'extra == "' in text else None


def diagnose() -> Diagnosis:
    """Looks at Python, packages, devices, memory, disk and settings.

    TensorFlow is loaded for its devices; where that fails, the failure is a finding.
    """
    found = Diagnosis()
    add = found.findings.append
    add(Finding("apps_rec", f"{apps_rec.__version__}, {Path(apps_rec.__file__).parent}"))
    add(Finding("Python", f"{platform.python_version()}, {sys.executable}"))
    add(Finding("system", f"{platform.system()} {platform.release()}, {platform.machine()}"))
    try:
        requirements = metadata.requires("apps_rec") or []
    except metadata.PackageNotFoundError:
        text = "apps_rec was found on the path but is not installed, so what it needs is not known"
        add(Finding("packages", "unknown", text, "pip install -e . in its folder"))
    else:
        versions = {one.metadata["Name"]: one.version for one in metadata.distributions() if one.metadata["Name"]}
        found.findings += packages(requirements, versions)
    add(Finding("CPU cores", str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())))
    found.findings += _devices()
    found.findings.append(_disk(Path.cwd()))
    return found


def _devices() -> Iterator[Finding]:
    """Finds what TensorFlow computes on, and the memory that is left for it."""
    try:
        from apps_rec.tools.quiet import quiet_tensorflow

        quiet_tensorflow()
        import tensorflow as tf

        from apps_rec.training.memory import in_units, memory_left
    except Exception as error:  # whatever keeps it from loading is what the user must know
        text = " ".join(str(error).split())
        yield Finding("TensorFlow", "cannot be loaded", f"{type(error).__name__}: {text}", "pip install apps_rec anew")
        return
    left = memory_left()
    if left is None:
        yield Finding("memory", "not known on this system")
    else:
        low = f"a small model takes {in_units(_LEAST_MEMORY)}" if left < _LEAST_MEMORY else None
        yield Finding("memory", f"{in_units(left)} free", low, low and "end other programs, or take a larger machine")
    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus]
    if names:
        yield Finding("GPUs", ", ".join(names))
    elif _GPU_DEVICE.exists():
        wanted = f"pip install 'tensorflow[and-cuda]=={tf.__version__}'"
        yield Finding("GPUs", "none", "this machine has one, and TensorFlow does not find it", wanted)
    else:
        yield Finding("GPUs", "none: training takes the CPU")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    low = f"a run with its checkpoints may take {_LEAST_DISK / 1e9:.0f} GB" if free < _LEAST_DISK else None
    return Finding(
        "disk", f"{free / 1e9:,.1f} GB free in {folder}", low, low and "free some, or set model_dir elsewhere"
    )
