"""The SavedModel that is exported: its graph, and the files beside it."""
