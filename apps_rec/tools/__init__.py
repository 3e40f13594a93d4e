"""Tools around training: regression tests of configs."""
