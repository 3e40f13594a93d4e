"""Raw columns become ids, numbers and lists of them: in the input pipeline and in the export by the same graph."""

from apps_rec.features.columns.preprocessor import Preprocessor

__all__ = ["Preprocessor"]
