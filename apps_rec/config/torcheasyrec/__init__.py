"""TorchEasyRec's dialect of EasyRec's configs: a verdict on every field, and what it is here."""
