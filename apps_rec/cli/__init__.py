"""The command line: each command reads flags, calls one function and prints what it returns."""
