"""Starts the API's workers in advance.

The emulator starts a process for a request if none is idle, and processes that start at the same time slow each other
down: eight concurrent senders waited 11 to 14 s for their first response.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from infra.local.layout import Addresses

# The number of concurrent senders in the benchmarks. A browser opens fewer connections to one host.
_WORKERS: Final = 8
_START_SECONDS: Final = 120


def start_workers(addresses: Addresses) -> None:
    """Send overlapping requests, so that each one starts a worker, which is then kept."""
    url = f"{addresses.http_url}/health"
    with httpx.Client(timeout=_START_SECONDS) as client, ThreadPoolExecutor(_WORKERS) as threads:
        for response in threads.map(client.get, [url] * _WORKERS):
            response.raise_for_status()
