"""Jobs made of all the rest: one function for each command, and configs as regression tests."""
