"""Commands on A/B tests."""
