"""The commands of `apps-rec`: one file each, which holds its flags and what it prints.

A file has HELP (one line), EXAMPLE (the text behind the command's name), `add_arguments(parser)` and `run(options)`.
"""

from types import ModuleType

from apps_rec.cli.commands import doctor
from apps_rec.cli.commands.configs import check, import_easyrec, init
from apps_rec.cli.commands.data import check_data, convert, simulate_config, simulate_store
from apps_rec.cli.commands.experiments import ab, plan_ab, simulate_ab
from apps_rec.cli.commands.models import (
    calibrate,
    compare,
    evaluate,
    export,
    launch,
    predict,
    regress,
    report,
    train,
    tune,
    verify_export,
)

# In the order of the help; a name of two words is a command of a group.
COMMANDS: dict[str, ModuleType] = {
    "init": init,
    "check": check,
    "check-data": check_data,
    "import-easyrec": import_easyrec,
    "train": train,
    "tune": tune,
    "evaluate": evaluate,
    "compare": compare,
    "calibrate": calibrate,
    "report": report,
    "export": export,
    "predict": predict,
    "convert": convert,
    "verify-export": verify_export,
    "regress": regress,
    "launch": launch,
    "ab": ab,
    "plan-ab": plan_ab,
    "simulate store": simulate_store,
    "simulate config": simulate_config,
    "simulate ab": simulate_ab,
    "doctor": doctor,
}
# The help of the first word of such a name.
GROUPS = {"simulate": "make data with known truth"}
