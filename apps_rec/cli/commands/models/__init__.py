"""Commands that train, measure, export and score."""
