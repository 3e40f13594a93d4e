"""One function for each command, for notebooks and scripts: `apps_rec.train("x.config")`."""

from apps_rec.tools.commands.configs.check import check
from apps_rec.tools.commands.configs.import_easyrec import import_easyrec
from apps_rec.tools.commands.configs.init import init
from apps_rec.tools.commands.data.check_data import check_data
from apps_rec.tools.commands.data.convert import convert
from apps_rec.tools.commands.data.simulate_config import simulate_config
from apps_rec.tools.commands.data.simulate_store import simulate_store
from apps_rec.tools.commands.doctor import doctor
from apps_rec.tools.commands.experiments.ab import ab
from apps_rec.tools.commands.experiments.plan_ab import plan_ab
from apps_rec.tools.commands.experiments.simulate_ab import simulate_ab
from apps_rec.tools.commands.models.calibrate import calibrate
from apps_rec.tools.commands.models.compare import compare
from apps_rec.tools.commands.models.evaluate import evaluate
from apps_rec.tools.commands.models.explain import explain
from apps_rec.tools.commands.models.export import export
from apps_rec.tools.commands.models.predict import predict
from apps_rec.tools.commands.models.report import report
from apps_rec.tools.commands.models.train import train
from apps_rec.tools.commands.models.tune import tune
from apps_rec.tools.commands.models.verify_export import verify_export

__all__ = [
    "ab",
    "calibrate",
    "check",
    "check_data",
    "compare",
    "convert",
    "doctor",
    "evaluate",
    "explain",
    "export",
    "import_easyrec",
    "init",
    "plan_ab",
    "predict",
    "report",
    "simulate_ab",
    "simulate_config",
    "simulate_store",
    "train",
    "tune",
    "verify_export",
]
