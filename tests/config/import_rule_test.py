"""apps_rec.config answers in a blink, so it loads nothing heavy."""

import subprocess
import sys


def test_config_imports_no_tensorflow_numpy_or_pyarrow():
    code = (
        "import sys, apps_rec.config\n"
        "print([name for name in ('tensorflow', 'tf_keras', 'numpy', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
