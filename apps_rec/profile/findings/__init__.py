"""Facts of the rows that a config reads -> what would fail, be wrong or be a surprise in training."""
