"""Commands that read and write configs."""
