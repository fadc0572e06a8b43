"""The thread pool of a process, which outlives an invocation as its HTTP connections do."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

# Concurrent requests of one function.
THREADS: Final = 16


@cache
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="store")
