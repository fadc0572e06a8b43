"""Compares `POST /image` with and without keys: `python -m benchmarks.keys --open URL --keys URL --key fc_...`."""

import argparse
import statistics
import time

import httpx

from tests.support.photos import one_face

# The pause between two requests, so that a running detector does not slow down the next one.
_PAUSE_SECONDS = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keys", description=__doc__)
    parser.add_argument("--open", required=True, help="the API of a stack with Access=open")
    parser.add_argument("--keys", required=True, help="the API of a stack with Access=keys")
    parser.add_argument("--key", required=True)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    photo = one_face(64)
    clients = {
        "open": httpx.Client(base_url=arguments.open),
        "keys": httpx.Client(base_url=arguments.keys, headers={"Authorization": f"Bearer {arguments.key}"}),
    }
    times: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(arguments.rounds + 1):
        for name, client in clients.items():
            begun = time.perf_counter()
            client.post("/image", content=photo).raise_for_status()
            # The first requests are not measured, because they start functions.
            if number:
                times[name].append((time.perf_counter() - begun) * 1_000)
            time.sleep(_PAUSE_SECONDS)
    for name, measured in times.items():
        print(
            f"{name}  p50 {statistics.median(measured):.1f} ms  p95 {statistics.quantiles(measured, n=20)[-1]:.1f} ms"
        )


if __name__ == "__main__":
    main()
