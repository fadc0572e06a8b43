"""The thread pool of a process, which outlives an invocation as its HTTP connections do."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

from facelib.stores.push import THREADS


@cache
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="post")
