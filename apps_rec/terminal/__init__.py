"""Shows people at a terminal how far a command is, and what came out."""
