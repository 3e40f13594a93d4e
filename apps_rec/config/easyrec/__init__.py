"""EasyRec's configs: a verdict on every field that they may hold, and what is particular to their dialect."""
