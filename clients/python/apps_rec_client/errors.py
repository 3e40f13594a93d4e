"""Errors of the client: before a request is sent, and after."""

from __future__ import annotations

import re

import grpc

_MOST_WORDS = 10_000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_HINTS = {
    grpc.StatusCode.NOT_FOUND: "RankClient.versions() says which versions of the model are loaded",
    grpc.StatusCode.INVALID_ARGUMENT: "check that the schema is that of the version that is served",
    grpc.StatusCode.DEADLINE_EXCEEDED: "send fewer items, or give timeout_seconds more",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "send fewer items, or give max_answer_bytes more",
    grpc.StatusCode.UNAVAILABLE: "check the address, and whether the server runs",
}


class ClientError(Exception):
    """Any error of this package."""


class SchemaError(ClientError, ValueError):
    """No schema of an export."""


class RequestError(ClientError, ValueError):
    """Mistakes in what the caller gave; nothing was sent. The text holds one line for each."""


class AnswerError(ClientError):
    """An answer that does not fit the request: of other rows, types or shapes, or with numbers that are not finite."""


class ServerError(ClientError):
    """A failure of the server, or of the way there.

    Attributes:
        code: gRPC's status code.
        words: the server's words.
        attempts: number of times that the request was sent.
    """

    def __init__(self, asked: str, code: grpc.StatusCode, words: str, attempts: int) -> None:
        times = "attempt" if attempts == 1 else "attempts"
        hint = f" ({_HINTS[code]})" if code in _HINTS else ""
        # They are a stranger's: no control characters for a terminal, and a limit to their length.
        words = _CONTROL.sub(lambda found: ascii(found[0])[1:-1], words[:_MOST_WORDS])
        super().__init__(f"{asked}: {code.name} after {attempts} {times}: {words}{hint}")
        self.code = code
        self.words = words
        self.attempts = attempts
