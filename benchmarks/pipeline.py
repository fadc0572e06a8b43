"""Measure latency from upload to event, throughput, and processor time by process.

Also prints the peak memory of the whole stack, counting shared pages once.

    python -m benchmarks.pipeline [--count 20] [--senders 8]

Runs on its own warm local stack, and prints Markdown. The emulator, the functions and the client share this machine's
processors.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from infra.local.deploy import deploy
from infra.local.layout import LocalStack
from infra.local.server import running
from tests.support.photos import jpeg, one_face, padded
from tests.support.pictures import astronaut, encoded, resized
from tests.support.ports import free_port
from tests.support.profiles import PROFILES
from tests.support.stack import Stack

WARM_UP = 3


def milliseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def photos(count: int) -> list[bytes]:
    """Create 512 x 512 px portraits, each with slightly different noise."""
    random = np.random.default_rng(1)
    noisy = (astronaut() + random.integers(0, 4, (512, 512, 3)).astype(np.uint8) for _ in range(count))
    return [jpeg(np.asarray(picture, np.uint8)) for picture in noisy]


def row(name: str, times: list[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[min(len(ordered) - 1, round(len(ordered) * 0.95))]
    return f"| {name} | {len(times)} | {statistics.median(times):.0f} | {p95:.0f} |"


def large_photos(count: int, profile: bytes | None) -> list[bytes]:
    """Create 12-megapixel portraits of about 3 MB, like those of phones."""
    random = np.random.default_rng(2)
    large = resized(astronaut(), 4_000, 3_000)
    noisy = [large[y:, x:] for x, y in random.integers(0, 16, (count, 2))]
    return [encoded(np.ascontiguousarray(picture), icc_profile=profile) for picture in noisy]


def upload_to_event(stack: Stack, images: list[bytes], send: Callable[[bytes], str]) -> tuple[list[float], list[float]]:
    """Return the milliseconds from sending each image to receiving its event, and those of the detector's stages."""
    waits, stages = [], []
    with stack.listener() as listener:
        for image in images:
            begun = time.perf_counter()
            job_id = send(image)
            listener.wait_for_job(job_id)
            waits.append((time.perf_counter() - begun) * 1000)
            stages.append(sum(stack.job(job_id)["timings_ms"].values()))
    return waits[WARM_UP:], stages[WARM_UP:]


def throughput(stack: Stack, images: list[bytes], senders: int) -> float:
    """Return the images per second, from sending the first one to receiving the last event."""
    with stack.listener() as listener, ThreadPoolExecutor(senders) as pool:
        begun = time.perf_counter()
        for job_id in pool.map(stack.post_image, images):
            listener.wait_for_job(job_id)
        return len(images) / (time.perf_counter() - begun)


def processor_ms(emulator: int) -> Counter[str]:
    """Return the milliseconds of processor time that the emulator and each function's processes have used (Linux)."""
    used: Counter[str] = Counter()
    for pid in (emulator, *_descendants(emulator)):
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        names = (one.partition(b"=")[2].decode() for one in environment if one.startswith(b"POWERTOOLS_SERVICE_NAME="))
        # User and system time, which are fields 14 and 15 of proc(5); the first two fields were removed above.
        used[next(names, "emulator")] += round((int(fields[11]) + int(fields[12])) * 1_000 / os.sysconf("SC_CLK_TCK"))
    return used


@contextmanager
def memory_peak(emulator: int) -> Iterator[list[float]]:
    """Store in the list the largest total memory so far, in MB, of the emulator and its functions (Linux)."""
    peaks, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            peaks[0] = max(peaks[0], sum(map(_proportional_mb, (emulator, *_descendants(emulator)))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        watcher.join()


def _proportional_mb(pid: int) -> float:
    """Return a process's memory, counting its proportional share of each shared page."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1_000


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = [
            int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()
        ]
    except OSError:  # The process has ended.
        return
    for child in children:
        yield child
        yield from _descendants(child)


def measure_load(stack: Stack, count: int, senders: int, emulator: int) -> None:
    images = photos(count)
    throughput(stack, images[:senders], senders)
    before = processor_ms(emulator)
    rate = throughput(stack, images, senders)
    used = processor_ms(emulator) - before
    print(f"\n{senders} senders: {rate:.1f} images a second. Processor time per image:\n")
    print("| process | ms |\n|---|---|")
    for name, milliseconds_used in used.most_common():
        print(f"| {name} | {milliseconds_used / count:.0f} |")


def measure(stack: Stack, count: int) -> None:
    waits, stages = upload_to_event(stack, photos(count + WARM_UP), stack.post_image)
    large = {
        name: upload_to_event(stack, large_photos(count // 2 + WARM_UP, profile), stack.upload)
        for name, profile in (("sRGB", None), ("Display P3", PROFILES["Display P3"].icc))
    }
    body = padded(one_face(256), 200_000)
    job_id = stack.post_image(body)
    posts = [milliseconds(lambda: stack.post_image(body)) for _ in range(count)]
    gets = [milliseconds(lambda: stack.job(job_id)) for _ in range(count * 5)]
    print("| what | times | p50 ms | p95 ms |\n|---|---|---|---|")
    print(row("upload to event, 512 x 512 JPEG", waits))
    print(row("of that, all stages of the detector", stages))
    for name, (large_waits, large_stages) in large.items():
        print(row(f"upload to event, 12 megapixels, {name}", large_waits))
        print(row("of that, all stages of the detector", large_stages))
    print(row("POST /image with 200 KB, response time", posts))
    print(row("GET /jobs/{id}", gets))
    share = statistics.median(stages) / statistics.median(waits)
    print(f"\nThe detector's stages take {share:.0%} of the time from upload to event.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="images sent one after the other")
    parser.add_argument("--senders", type=int, default=8, help="number of parallel senders, which send ten images each")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        local_stack = LocalStack(free_port(), Path(folder))
        with running(local_stack) as pid, closing(Stack(local_stack, deploy(local_stack, pid))) as stack:
            with memory_peak(pid) as peak:
                measure(stack, args.count)
                measure_load(stack, 10 * args.senders, args.senders, pid)
            print(f"\nPeak memory of all processes together: {peak[0]:.0f} MB")


if __name__ == "__main__":
    main()
