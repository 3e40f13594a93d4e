"""Text of a config, and of --set -> a message, with the place of each value."""
