"""Normalizers of TorchEasyRec, texts such as "method=zscore,mean=0.0,standard_deviation=10.0"."""

from __future__ import annotations

from typing import Any

from apps_rec.config.report import Report
from apps_rec.protos.feature_pb2 import FeatureConfig

_METHODS = ("zscore", "minmax", "log10", "expression")
_OPTIONS = {"mean": "mean", "stddev": "standard_deviation", "min_val": "min", "max_val": "max"}


def method_of(given: Any, path: str, report: Report) -> tuple[str, dict[str, Any]]:
    """Returns the method of a feature's normalizer, "" where it has none, and its options."""
    text = given.normalizer
    if not text:
        return "", {}
    head, _, expression = text.partition("expr=")
    options: dict[str, Any] = {"expr": expression} if expression else {}
    pairs = dict(pair.split("=", 1) for pair in head.strip(", ").split(",") if "=" in pair)
    method = pairs.pop("method", "").strip()
    if method not in _METHODS:
        report.error(f"{path}.normalizer", f'expected method=zscore, minmax, log10 or expression, got "{text}".')
        return "", {}
    for name, value in pairs.items():
        try:
            options[name.strip()] = float(value)
        except ValueError:
            report.error(f"{path}.normalizer", f'{name.strip()}: expected a number, got "{value}".')
    return method, options


def normalise(feature: FeatureConfig, options: dict[str, Any]) -> None:
    """Writes the options of zscore and minmax."""
    for name, option in _OPTIONS.items():
        if option in options:
            setattr(feature, name, options[option])


def scale_of(method: str, options: dict[str, Any]) -> tuple[float, float]:
    """Returns factor and summand by which a bound of the normalised number becomes one of the number itself."""
    if method == "zscore":
        return options.get("standard_deviation", 1.0), options.get("mean", 0.0)
    if method == "minmax":
        return options.get("max", 1.0) - options.get("min", 0.0), options.get("min", 0.0)
    return 1.0, 0.0


def expression_of(method: str, options: dict[str, Any]) -> str:
    """Returns the expression of log10, or the one that is given, of the variable x."""
    if method != "log10":
        return str(options.get("expr", "x"))
    threshold, other = options.get("threshold", 1e-10), options.get("default", -10.0)
    return f"x > {threshold:g} ? log10(max(x, {threshold:g})) : {f'({other:g})' if other < 0 else f'{other:g}'}"
