"""Serving: the SavedModel with preprocessing inside, and scoring of files with it."""
