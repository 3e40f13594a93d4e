"""The SavedModel that is exported: its graph, and what lies beside it."""
