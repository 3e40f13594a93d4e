"""One function for each command, for notebooks and scripts: `apps_rec.train("x.config")`."""

from apps_rec.tools.commands.check import check
from apps_rec.tools.commands.convert import convert
from apps_rec.tools.commands.evaluate import evaluate
from apps_rec.tools.commands.export import export
from apps_rec.tools.commands.import_easyrec import import_easyrec
from apps_rec.tools.commands.predict import predict
from apps_rec.tools.commands.simulate_config import simulate_config
from apps_rec.tools.commands.simulate_store import simulate_store
from apps_rec.tools.commands.train import train
from apps_rec.tools.commands.verify_export import verify_export

__all__ = [
    "check",
    "convert",
    "evaluate",
    "export",
    "import_easyrec",
    "predict",
    "simulate_config",
    "simulate_store",
    "train",
    "verify_export",
]
