"""What a stored cell becomes: one rule for each pair of declared and stored type (docs/config.md)."""
