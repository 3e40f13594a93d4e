"""Jobs built on all other folders: one function for each command, and configs as regression tests."""
