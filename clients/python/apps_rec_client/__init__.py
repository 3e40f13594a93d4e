"""Scores and ranks through TensorFlow Serving with exports of apps_rec.

Example:
    >>> from apps_rec_client import RankClient
    >>> with RankClient("localhost:8500", "apps", "schema.json") as client:  # doctest: +SKIP
    ...     ranking = client.rank({"age": 31}, {"app": [7, 9], "price": [0.0, 1.99]})
"""

from apps_rec_client.client import RankClient, Ranking, Scores
from apps_rec_client.errors import AnswerError, ClientError, RequestError, SchemaError, ServerError
from apps_rec_client.schema import Column, Schema, Stack, read_schema

__all__ = [
    "AnswerError",
    "ClientError",
    "Column",
    "RankClient",
    "Ranking",
    "RequestError",
    "Schema",
    "SchemaError",
    "Scores",
    "ServerError",
    "Stack",
    "read_schema",
]
