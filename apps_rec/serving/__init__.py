"""Serving: the SavedModel with preprocessing inside, and scoring of rows with it."""

from apps_rec.serving.batch.arrow import ArrowScorer, arrow_scorer

__all__ = ["ArrowScorer", "arrow_scorer"]
