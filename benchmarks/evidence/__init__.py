"""The models of the store beside each other, offline and in a simulated A/B test: what `make results` writes."""
