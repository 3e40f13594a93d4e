"""Facts of a table, read through DuckDB, and in `choices` the config that follows from them."""
