"""Files that a config names: URIs, and days in paths."""
