"""Trains under ParameterServerStrategy."""
