"""Exponential backoff with jitter, for requests that AWS processed only in part or not at all.

The SDK retries calls that fail; this module is for responses that report unprocessed parts, and for errors that the SDK
does not retry.
"""

import random
from collections.abc import Iterator
from time import sleep


def attempts(number: int, first_seconds: float = 0.05, longest_seconds: float = 1.0) -> Iterator[int]:
    """Yield the number of each attempt, from 0, with a wait before all but the first. The caller stops on success."""
    for attempt in range(number):
        if attempt:
            sleep(jittered(min(longest_seconds, first_seconds * 2 ** (attempt - 1))))
        yield attempt


def jittered(seconds: float) -> float:
    """Return the time, shortened randomly by up to half, so that callers that failed together do not retry together."""
    return seconds * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret
