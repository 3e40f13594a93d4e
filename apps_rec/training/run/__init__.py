"""The folder of a run: its paths, its lock, its checkpoints and their positions in the data."""
