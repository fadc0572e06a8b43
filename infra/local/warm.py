"""Start the API's workers before anyone waits for them.

The emulator starts a process for each request that finds no idle one, and several that start at once slow each other
down: eight senders waited 11 to 14 s for their first response.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from infra.local.layout import Addresses

# As many as the benchmarks have senders, and more than a browser opens connections to one host.
_WORKERS: Final = 8
_START_SECONDS: Final = 120


def start_workers(addresses: Addresses) -> None:
    """Send requests that overlap, so that each one gets a worker of its own, which stays."""
    with ThreadPoolExecutor(_WORKERS) as threads:
        for response in threads.map(_ask, [addresses.http_url] * _WORKERS):
            response.raise_for_status()


def _ask(url: str) -> httpx.Response:
    return httpx.get(f"{url}/health", timeout=_START_SECONDS)
