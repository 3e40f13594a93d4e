"""The rows of the table, in files by family: message of TorchEasyRec -> its field -> the verdict; enum -> its value."""

from apps_rec.config.torcheasyrec.rows.data import DATA, DATA_ENUMS
from apps_rec.config.torcheasyrec.rows.features import FEATURES
from apps_rec.config.torcheasyrec.rows.model import MODEL, MODEL_ENUMS
from apps_rec.config.torcheasyrec.rows.models import MODELS
from apps_rec.config.torcheasyrec.rows.train import TRAIN

MESSAGES = {**TRAIN, **DATA, **FEATURES, **MODEL, **MODELS}
ENUMS = {**DATA_ENUMS, **MODEL_ENUMS}
