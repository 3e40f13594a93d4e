"""Configs: text or JSON becomes one checked message. Imports neither TensorFlow nor numpy nor pyarrow."""

from apps_rec.config.load import Config, load_config, parse_text
from apps_rec.config.outputs import metric_names, outputs

__all__ = ["Config", "load_config", "metric_names", "outputs", "parse_text"]
