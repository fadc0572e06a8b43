"""The thread pool of a process, which is kept between invocations."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

# Maximum number of requests that a process makes at the same time.
THREADS: Final = 16


@cache
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="store")
