"""What a request costs, beside DeepCTR's SavedModel of the same sizes."""
