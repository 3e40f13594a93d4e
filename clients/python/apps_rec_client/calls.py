"""A call of a server within a deadline, repeated where the server cannot be reached."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import grpc

from apps_rec_client.errors import ServerError

# Of the first wait; each later one is twice as long.
FIRST_WAIT_SECONDS = 0.05


def call(method: Callable[..., Any], request: Any, asked: str, timeout_seconds: float, retries: int) -> Any:
    """The server's answer.

    Repeats after UNAVAILABLE alone: any other code is an answer, or says that the time is up. Waits are drawn between
    half and the whole of their length, so that many clients do not come back at once.

    Args:
        method: of a stub.
        request: its message.
        asked: what is asked of whom, for errors.
        timeout_seconds: for everything, waits included.
        retries: how often to ask again.

    Raises:
        ServerError: with the server's words at the last attempt.
    """
    deadline = time.monotonic() + timeout_seconds
    attempts = 0
    while True:
        try:
            return method(request, timeout=deadline - time.monotonic())
        except grpc.RpcError as error:
            attempts += 1
            wait = FIRST_WAIT_SECONDS * 2 ** (attempts - 1) * random.uniform(0.5, 1)
            is_final = error.code() != grpc.StatusCode.UNAVAILABLE or attempts > retries
            if is_final or time.monotonic() + wait >= deadline:
                raise ServerError(asked, error.code(), error.details() or "", attempts) from error
        time.sleep(wait)
