"""The cost of a request, beside DeepCTR's SavedModel of the same sizes."""
