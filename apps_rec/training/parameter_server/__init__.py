"""Training under ParameterServerStrategy."""
