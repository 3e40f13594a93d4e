"""A study: many trainings of one config with other values, of which the best is found. The library is Optuna."""
