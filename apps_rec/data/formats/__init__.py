"""File formats -> chunks of rows: one reader a format."""
