"""Reading of a config's text, and of --set, into a message, with the place of each value."""
