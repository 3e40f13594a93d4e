"""Configs of other packages, written anew in this package's own spelling, with a report on what became of each part."""
