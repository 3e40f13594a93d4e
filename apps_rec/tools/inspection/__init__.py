"""Looks inside a trained model, on a sample of the rows that it is measured on."""
