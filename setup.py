"""Packaging of apps_rec: `pip install .` brings the package and the `apps-rec` command."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
# Written once, where a program reads it too; the package itself cannot be imported before it is installed.
_INIT = (HERE / "apps_rec/__init__.py").read_text(encoding="utf-8")
VERSION = re.search(r'^__version__ = "(.+)"$', _INIT, re.MULTILINE)[1]

setup(
    name="apps_rec",
    version=VERSION,
    description="Multi-task ranking for app stores on TensorFlow: MMOE, ESMM and FM from a protobuf text config",
    long_description=(HERE / "README.md").read_text(encoding="utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["apps_rec", "apps_rec.*"]),
    package_data={
        "apps_rec": ["py.typed"],
        "apps_rec.pages": ["style.css"],
        "apps_rec.protos": ["*.pyi"],
        "apps_rec.tools.reporting": ["templates/*"],
    },
    install_requires=[
        "tensorflow>=2.21,<2.22",
        "tf_keras>=2.21,<2.22",
        "tensorflow-recommenders>=0.7.7,<0.8",
        "numpy>=1.26",
        "protobuf>=6.31.1,<8",
        "pyarrow>=17",
        "tensorboard>=2.18",
        # Of `init`, the first command of a new user; it has no dependencies of its own.
        "duckdb>=2.0,<3",
        "packaging>=22",
        "rich>=13",
    ],
    extras_require={
        # Tables of Delta Lake as input.
        "delta": ["deltalake>=1,<2"],
        # `make site`.
        "docs": ["zensical>=0.0.73,<0.1"],
        # The command tune, and its plots.
        "tune": ["optuna>=5,<6", "plotly>=6,<8"],
        # The command report.
        "report": ["matplotlib>=3.9,<4", "jinja2>=3.1,<4"],
        # train_config.mlflow_uri, also where it is a file of SQLite.
        "mlflow": ["mlflow-skinny>=3.5,<4", "sqlalchemy>=2", "alembic>=1.10,<2"],
        # The command calibrate with --method isotonic.
        "isotonic": ["scipy>=1.12"],
        # The commands ab and plan-ab. A log in a warehouse needs Ibis's backend too: ibis-framework[postgres].
        "ab": ["tea-tasting>=1.14,<2"],
        # The notebook docs/notebooks/quickstart.ipynb, to be opened in Jupyter or run by website/notebooks.py.
        "notebook": ["matplotlib>=3.8", "ipykernel>=6", "nbclient>=0.10", "nbformat>=5.9"],
        # Scoring on a cluster of Spark, which needs Java, or of Ray: samples/spark_scoring.py, samples/ray_scoring.py.
        "spark": ["pyspark>=4,<5"],
        "ray": ["ray[data]>=2.50,<3"],
        "dev": [
            "pytest>=8",
            "pytest-xdist>=3",
            "hypothesis>=6.100",
            "scikit-learn>=1.4",
            "pandas>=2",
            "ruff==0.17.6",
            "mypy==2.4.1",
            "types-protobuf",
            # For the tests of clients/python, against a server in the test's process.
            "grpcio>=1.60",
            "tensorflow-serving-api>=2.21,<2.22",
            # For the test that builds the site.
            "zensical>=0.0.73,<0.1",
            # For the tests of Delta tables.
            "deltalake>=1,<2",
            # For the tests of tune.
            "optuna>=5,<6",
            "plotly>=6,<8",
            # For the tests of report.
            "matplotlib>=3.9,<4",
            "jinja2>=3.1,<4",
            # For the tests of MLflow.
            "mlflow-skinny>=3.5,<4",
            "sqlalchemy>=2",
            "alembic>=1.10,<2",
            # For the tests of ab and plan-ab, also on a log that SQLite holds for a warehouse.
            "tea-tasting>=1.14,<2",
            "ibis-framework[sqlite]>=12,<13",
            "scipy>=1.12",
            "statsmodels>=0.14",
            # For the test of the notebook.
            "matplotlib>=3.8",
            "ipykernel>=6",
            "nbclient>=0.10",
            "nbformat>=5.9",
            # For the test of the manifests in samples/kubernetes.
            "jsonschema>=4",
            "pyyaml>=6",
        ],
    },
    entry_points={
        "console_scripts": ["apps-rec = apps_rec.cli.main:main"],
        "pytest11": ["apps_rec = apps_rec.tools.pytest_plugin"],
    },
)
