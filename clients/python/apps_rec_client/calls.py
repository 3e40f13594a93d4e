"""A call of a server within a deadline, repeated where the server cannot be reached.

This is not left to gRPC's own retryPolicy (1.85 was tried). That stops after 5 attempts whatever `retries` says, and
never says how many there were. Where the time is up during a wait, it says DEADLINE_EXCEEDED and not what the server
said last.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

import grpc

from apps_rec_client.errors import RequestError, ServerError

# Length of the first wait; each later wait is twice as long.
FIRST_WAIT_SECONDS = 0.05
T = TypeVar("T")


def call(
    method: Callable[..., Any],
    request: Any,
    asked: str,
    timeout_seconds: float,
    retries: int,
    read: Callable[[Any], T],
) -> T:
    """Calls a server and returns the result that `read` makes of its answer.

    It repeats the call only after UNAVAILABLE: any other code is an answer, or says that the time is up. Waits are
    drawn between half and the whole of their length, so that many clients do not come back at once.

    Args:
        method: method of a stub.
        request: message for the method.
        asked: the question and its receiver in words, for errors.
        timeout_seconds: limit for everything, waits and reading included.
        retries: number of further attempts, 0 or more.
        read: function from the answer to the result.

    Raises:
        ServerError: the server failed, with its words at the last attempt; or the time was up before the answer was
            read.
        RequestError: the client is closed.
    """
    deadline = time.monotonic() + timeout_seconds
    attempts = 0
    while True:
        try:
            result = read(method(request, timeout=deadline - time.monotonic()))
        except grpc.RpcError as error:
            attempts += 1
            wait = FIRST_WAIT_SECONDS * 2 ** (attempts - 1) * random.uniform(0.5, 1)
            is_final = error.code() != grpc.StatusCode.UNAVAILABLE or attempts > retries
            if is_final or time.monotonic() + wait >= deadline:
                raise ServerError(asked, error.code(), error.details() or "", attempts) from error
        except ValueError as error:  # of grpc: a closed channel
            raise RequestError(f"{asked}: {error}") from error
        else:
            if time.monotonic() > deadline:
                code = grpc.StatusCode.DEADLINE_EXCEEDED
                raise ServerError(asked, code, "the answer came, and was not read in time", attempts + 1)
            return result
        time.sleep(wait)
