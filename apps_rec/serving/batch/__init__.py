"""Files scored with an export."""
