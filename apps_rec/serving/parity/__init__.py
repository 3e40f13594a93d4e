"""The proof of an export: what it answers is held against the live model."""
