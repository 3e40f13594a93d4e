"""A toy of each kind, as a person would add it: the text that goes into each file that its recipe names.

Rows go to the end of a file, which the table there allows; fields go into their message, behind an anchor.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addition:
    """Text for a file: at its end, and behind or before lines of it."""

    end: str = ""
    behind: tuple[str, str] = ("", "")
    before: tuple[str, str] = ("", "")

    def apply(self, text):
        """Returns the text of a file with the addition."""
        for anchor, new, order in ((*self.behind, 1), (*self.before, -1)):
            if anchor:
                assert text.count(anchor) == 1, f"expected once: {anchor}"
                text = text.replace(anchor, "".join([anchor, new][::order]))
        return f"{text}\n{self.end}" if self.end else text


def entry(oneof, line, message=""):
    """An entry of a oneof or enum that begins so, and its message."""
    return Addition(message, behind=(f"{oneof} {{\n", f"    {line}\n"))


BODY = {
    "protos/network.proto": entry(
        "  oneof body",
        "ToyBody toy_body = 1900;",
        """message ToyBody {
  optional string group_name = 1 [default = "all"];
  repeated Tower groups = 2;
  optional uint32 units = 1000 [default = 4];
}
""",
    ),
    "apps_rec/config/bodies.py": Addition(
        """def _toy(context: Context, message: Any, path: str) -> None:
    if not message.units:
        context.report.error(f"{path}.units", "expected at least 1.")


BODIES["toy_body"] = Body("the toy", (), check=_toy)
"""
    ),
    "apps_rec/models/bodies/toy.py": Addition(
        """import tensorflow as tf

from apps_rec.layers import Toy
from apps_rec.legacy_keras import keras


class ToyBody(keras.layers.Layer):
    def __init__(self, groups, num_tasks, units):
        super().__init__(name="toy_body")
        self.groups, self.num_tasks = tuple(groups), num_tasks
        self.dense, self.toy = keras.layers.Dense(units, activation="tanh"), Toy(name="toy")

    def call(self, inputs, training=False, seed=None):
        return [self.toy(self.dense(tf.concat(list(inputs), axis=1)))] * self.num_tasks
"""
    ),
    "apps_rec/models/bodies/__init__.py": Addition("from apps_rec.models.bodies.toy import ToyBody\n"),
    "apps_rec/models/build.py": Addition(
        """from apps_rec.models.bodies import ToyBody

BODIES["toy_body"] = lambda message, parts, num_tasks, **options: ToyBody(parts, num_tasks, message.units)
"""
    ),
}

HEAD = {
    "protos/model.proto": entry("  oneof head", "ToyHead toy_head = 1900;", "message ToyHead {}\n"),
    "apps_rec/config/heads.py": Addition(
        """class ToyHead(Independent):
    def outputs(self, rank):
        return [f"value_{tower.tower_name}" for tower in rank.task_towers]

    scores = trained = outputs

    def targets(self, rank, at):
        tower = rank.task_towers[at]
        return [Target(tower.tower_name, f"value_{tower.tower_name}", (tower.label_name,))]


HEADS["toy_head"] = ToyHead()
"""
    ),
    "apps_rec/models/heads.py": Addition(
        """class ToyHead(IndependentHead):
    def outputs(self, logits):
        return {f"value_{task.name}": logits[task.name] for task in self.tasks}

    def default_score(self):
        return tuple(ScoreTerm(f"value_{task.name}") for task in self.tasks)


HEADS["toy_head"] = ToyHead
"""
    ),
    "apps_rec/models/__init__.py": Addition("from apps_rec.models.heads import ToyHead\n"),
}

LOSS = {
    "protos/loss.proto": Addition(behind=("enum LossType {\n", '  TOY_LOSS = 1900 [(kinds) = "probability"];\n')),
    "apps_rec/losses/toy.py": Addition(
        """import tensorflow as tf


def squared_error(labels, logits):
    return tf.square(logits - tf.cast(labels, logits.dtype))
"""
    ),
    "apps_rec/losses/table.py": Addition(
        """from apps_rec.losses.toy import squared_error

LOSSES["TOY_LOSS"] = Loss(squared_error)
"""
    ),
}

METRIC = {
    "protos/eval.proto": entry(
        "  oneof metric",
        "ToyMetric toy_metric = 1900 [(better) = LOWER, (measures) = BINARY];",
        "message ToyMetric {}\n",
    ),
    "apps_rec/evaluation/metrics/decisions.py": Addition(
        """def toy_metric(labels, scores):
    return float(np.mean((labels - scores) ** 2)) if len(scores) else None


METRICS["toy_metric"] = Metric(toy_metric, of_positives=True, of_negatives=True)
"""
    ),
}

OPTIMIZER = {
    "protos/train.proto": entry(
        "  oneof optimizer",
        "ToyOptimizer toy_optimizer = 1900;",
        """message ToyOptimizer {
  optional LearningRate learning_rate = 1;
  optional float factor = 1000 [default = 1.0, (range) = "(0, 1]"];
}
""",
    ),
    "apps_rec/training/optimizers/rules.py": Addition(
        """@dataclass(frozen=True)
class Toy(Rule):
    factor: float = 1.0

    def update(self, gradient, slots, rate, weights):
        return rate * self.factor * tf.sign(gradient), []


RULES["Toy"] = Toy
"""
    ),
    "apps_rec/training/optimizers/build.py": Addition(
        'OPTIMIZERS["toy_optimizer"] = (rules.Toy, lambda message: {"factor": message.factor})\n'
    ),
}

SCHEDULE = {
    "protos/train.proto": entry(
        "  oneof learning_rate",
        "ToyLearningRate toy_learning_rate = 1900;",
        'message ToyLearningRate {\n  optional float first = 1000 [default = 0.1, (range) = "(0, inf)"];\n}\n',
    ),
    "apps_rec/training/optimizers/schedules.py": Addition(
        """class Toy(Schedule):
    def __init__(self, first):
        self.first = first

    def __call__(self, step):
        return self.first / tf.cast(step + 1, tf.float32)

    def get_config(self):
        return dict(vars(self))


SCHEDULES["toy_learning_rate"] = (Toy, lambda message: {"first": message.first})
"""
    ),
}

FEATURE_TYPE = {
    "protos/feature.proto": Addition(
        behind=("  enum FeatureType {\n", "    ToyFeature = 1900;\n"),
        before=("  // Default: the first of input_names.\n", "  optional uint32 toy_longest = 1900 [default = 0];\n"),
    ),
    "apps_rec/config/features.py": Addition(
        'FEATURES[FeatureConfig.ToyFeature] = FeatureType(("toy_longest",), id_spaces=("toy_longest",))\n'
    ),
    "apps_rec/features/specs.py": Addition(
        '''@dataclass(frozen=True)
class ToyFeature:
    """The length of a word, `longest` at most."""

    name: str
    column: str
    longest: int
    table: str
    dim: int
    is_position: bool = False

    @property
    def num_ids(self):
        return self.longest + 1


SINGLE_ID_FEATURES = (*SINGLE_ID_FEATURES, ToyFeature)
'''
    ),
    "apps_rec/features/build.py": Addition(
        """from apps_rec.features.specs import ToyFeature

_FEATURES[FeatureConfig.ToyFeature] = lambda feature, vocabularies: ToyFeature(
    feature.feature_name,
    feature.input_names[0],
    feature.toy_longest,
    feature.embedding_name,
    feature.embedding_dim,
    feature.position,
)
"""
    ),
    "apps_rec/features/columns/preprocessor.py": Addition(
        "from apps_rec.features.specs import ToyFeature\n",
        before=(
            "        if isinstance(spec, BucketFeature):\n",
            "        if isinstance(spec, ToyFeature):\n"
            "            lengths = tf.strings.length(columns[spec.column], unit='UTF8_CHAR')\n"
            "            return tf.cast(tf.minimum(lengths, spec.longest), tf.int64)\n",
        ),
    ),
}

FORMAT = {
    "protos/data.proto": entry("  enum InputType", "ToyInput = 1900;"),
    "apps_rec/data/formats/toy_reader.py": Addition(
        """import json

import numpy as np
import pyarrow as pa

from apps_rec.data.formats.source import Chunk


def toy_columns(path, schema):
    with open(path, encoding="utf-8") as file:
        return list(json.loads(file.readline()))


def read_toy(unit, names, schema):
    with open(unit.path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    arrays = [pa.array([row[name] for row in rows]) for name in names]
    yield Chunk(pa.RecordBatch.from_arrays(arrays, list(names)), np.arange(1, len(rows) + 1))
"""
    ),
    "apps_rec/data/formats/table.py": Addition(
        """from apps_rec.data.formats.toy_reader import read_toy, toy_columns

FORMATS["toy"] = Format(toy_columns, read_toy)
"""
    ),
}

LAYER = {
    "apps_rec/layers/toy.py": Addition(
        """from apps_rec.legacy_keras import keras


class Toy(keras.layers.Layer):
    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        super().build(shape)

    def call(self, x, training=False, seed=None):
        return self.scale * x
"""
    ),
    "apps_rec/layers/__init__.py": Addition("from apps_rec.layers.toy import Toy\n"),
}

COMMAND = {
    "apps_rec/tools/commands/models/toy.py": Addition(
        """from apps_rec.tools.commands.configs.check import check


def toy(config):
    return check(config).message.model_dir
"""
    ),
    "apps_rec/cli/commands/models/toy.py": Addition(
        """from apps_rec.cli.options import write
from apps_rec.tools.commands.models.toy import toy

HELP = "say where a run is"
EXAMPLE = "x.config"


def add_arguments(parser):
    parser.add_argument("config")


def run(options):
    write(toy(options.config))
"""
    ),
    "apps_rec/cli/commands/__init__.py": Addition(
        """from apps_rec.cli.commands.models import toy

COMMANDS["toy"] = toy
"""
    ),
}

# By the heading of the recipe in CONTRIBUTING.md; every new thing is called toy.
TOYS = {
    "A body": BODY,
    "A head": HEAD,
    "A loss": LOSS,
    "A metric": METRIC,
    "An optimizer": OPTIMIZER,
    "A schedule": SCHEDULE,
    "Add a type of feature": FEATURE_TYPE,
    "Add a data format": FORMAT,
    "Add a layer": LAYER,
    "Add a command": COMMAND,
}
