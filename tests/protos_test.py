import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "apps_rec" / "protos"


def generated_files(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*_pb2.py*")}


def test_committed_modules_are_what_the_sources_generate(tmp_path):
    if not (ROOT / ".venv-protos" / ".installed").exists():
        pytest.skip(
            "grpc_tools is not installed: `make .venv-protos/.installed` does that, and `make test` does it first"
        )
    command = ["make", "--no-print-directory", "protos", f"PROTOS_OUT={tmp_path}"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    anew, committed = generated_files(tmp_path / "apps_rec" / "protos"), generated_files(COMMITTED)
    assert sorted(anew) == sorted(committed)
    differing = [name for name, text in anew.items() if text != committed[name]]
    assert not differing, f"{', '.join(differing)}: not what protos/ generates; run `make protos` and commit the result"


def test_every_source_has_its_module_and_stub():
    expected = [f"{path.stem}_pb2.{end}" for path in (ROOT / "protos").glob("*.proto") for end in ("py", "pyi")]
    assert sorted(generated_files(COMMITTED)) == sorted(expected)
    assert len(expected) >= 16
