"""A/B tests: how many users they need, and what their logs say, with tea-tasting's statistics."""
