"""On what a benchmark ran: processor, system, versions of both environments."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.workspace import CPUS

_PACKAGES = (
    "tensorflow",
    "tf_keras",
    "tensorflow-recommenders",
    "deepctr",
    "torch",
    "torch-rechub",
    "numpy",
    "pyarrow",
)
_VERSIONS = """
import importlib.metadata as m, json, sys
found = {}
for name in sys.argv[1:]:
    try: found[name] = m.version(name)
    except m.PackageNotFoundError: pass
print(json.dumps(found))
"""


def describe(peers_python: Path) -> dict:
    """Names and numbers that go beside the results."""
    cpu = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name")), "unknown")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": model,
        "vector_units": [unit for unit in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f" {unit} " in f"{cpu} "],
        "threads": len(CPUS),
        "memory_gib": round(memory),
        "system": f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}",
        "ours": _versions(Path(sys.executable)),
        "peers": _versions(peers_python),
    }


def _versions(python: Path) -> dict[str, str]:
    done = subprocess.run([python, "-c", _VERSIONS, *_PACKAGES], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
