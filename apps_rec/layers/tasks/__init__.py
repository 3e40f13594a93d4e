"""Layers of several tasks: experts and their gates, and towers that read each other."""
