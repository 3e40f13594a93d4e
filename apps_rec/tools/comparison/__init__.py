"""The rows of two models side by side: of files with scores, or of two trained models."""
