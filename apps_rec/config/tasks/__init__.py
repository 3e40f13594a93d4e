"""Tasks: what a tower's losses make of it, and what each loss needs."""
