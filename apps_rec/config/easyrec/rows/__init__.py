"""The rows of the table, in files by family: EasyRec's message or enum -> its field or value -> the verdict."""

from apps_rec.config.easyrec.rows.data import DATA
from apps_rec.config.easyrec.rows.features import FEATURES
from apps_rec.config.easyrec.rows.losses import LOSSES
from apps_rec.config.easyrec.rows.metrics import METRICS
from apps_rec.config.easyrec.rows.model import MODEL
from apps_rec.config.easyrec.rows.models import MODELS
from apps_rec.config.easyrec.rows.optimizers import OPTIMIZERS
from apps_rec.config.easyrec.rows.towers import TOWERS
from apps_rec.config.easyrec.rows.train import TRAIN

# Heading of the family in the document -> its rows.
FAMILIES = {
    "The whole, training and export": TRAIN,
    "Optimizers and learning rates": OPTIMIZERS,
    "Data": DATA,
    "Features": FEATURES,
    "Model, feature groups and sequences": MODEL,
    "Models": MODELS,
    "Towers": TOWERS,
    "Losses and distillation": LOSSES,
    "Metrics": METRICS,
}
