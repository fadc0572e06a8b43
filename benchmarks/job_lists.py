"""Measures `GET /jobs` for an owner with 100 jobs and one with 100,000: `python -m benchmarks.job_lists`.

The jobs of both owners are in one table, and are listed alternately by the API in this process. The table is in
dynalite (npm), which keeps its indexes sorted like DynamoDB, so that the cost of a page does not depend on the length
of the list. `--endpoint` measures another database, like the local stack's emulator, which scans a whole partition of
an index for every query.
"""

import argparse
import os
import random
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import boto3
from botocore.exceptions import BotoCoreError
from face_api.app import create_app
from face_api.principals import require
from facelib.domain import limits
from facelib.domain.access import Access, Principal, Scope
from facelib.domain.errors import StoreThrottled
from facelib.domain.job import Failure, FailureReason, Job, Status
from facelib.settings import ApiSettings
from facelib.stores import clients
from facelib.stores.backoff import attempts
from facelib.stores.jobs.index import SHARD, owner_shard
from facelib.stores.jobs.items import to_item
from facelib.stores.jobs.lists import JobLists

from tests.support.account import table_of
from tests.support.api import Api
from tests.support.ports import free_port
from tests.support.stack import wait_until

OWNERS: Final = {"small": 100, "large": 100_000}
# One job out of this number has failed; a filtered list looks for the failed ones.
_FAILED_EVERY: Final = 50
_BATCH_WRITE: Final = 25
_NOBODY: Final = "x"


@contextmanager
def dynalite() -> Iterator[str]:
    port = free_port()
    command = ["npx", "--yes", "dynalite", "--port", str(port), "--createTableMs", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)


def _jobs(owner: str, count: int) -> Iterator[dict[str, Any]]:
    chance, now = random.Random(count), datetime.now(UTC)
    for number in range(count):
        created = now - timedelta(seconds=number * 0.1)
        has_failed = number % _FAILED_EVERY == _FAILED_EVERY - 1
        job = Job(
            job_id=str(UUID(int=chance.getrandbits(128), version=4)),
            owner=owner,
            status=Status.FAILED if has_failed else Status.PENDING,
            created_at=created,
            expires_at=now + timedelta(days=1),
            failure=Failure(reason=FailureReason.CORRUPT_IMAGE, detail="cut short") if has_failed else None,
        )
        yield to_item(job) | {SHARD: {"S": owner_shard(owner, job.job_id, limits.INDEX_SHARDS)}}


def fill(table: str) -> None:
    definition = {name: value for name, value in table_of("JobsTable").items() if name != "StreamSpecification"}
    clients.dynamodb().create_table(TableName=table, **definition)
    clients.dynamodb().get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    for owner, count in OWNERS.items():
        items = list(_jobs(owner, count))
        batches = [items[start : start + _BATCH_WRITE] for start in range(0, count, _BATCH_WRITE)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda batch: _write(table, batch), batches))


def _write(table: str, batch: Sequence[dict[str, Any]]) -> None:
    request: Mapping[str, Any] = {table: [{"PutRequest": {"Item": item}} for item in batch]}
    for _ in attempts(20):
        request = clients.dynamodb().batch_write_item(RequestItems=request)["UnprocessedItems"]
        if not request:
            return
    raise StoreThrottled


def measure(
    api: Api, current: list[str], middle: Mapping[str, str], rounds: int
) -> Mapping[tuple[str, str], list[float]]:
    """Return the milliseconds of each request, by its name and owner."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(rounds):
        for owner in OWNERS:
            current[0] = owner
            for name, query in {
                "first page": "",
                "100 jobs": "?limit=100",
                "a later page": f"?cursor={middle[owner]}",
                "status=failed": "?status=failed",
            }.items():
                begun = time.perf_counter()
                response = api.get(f"/jobs{query}")
                times[name, owner].append((time.perf_counter() - begun) * 1000)
                assert response.status_code == 200, response.text
                assert response.json()["jobs"], name
    return times


def _middle(table: str, owner: str) -> str:
    """Return the cursor after the third page, where both owners have jobs on either side."""
    cursor: str | None = None
    for _ in range(3):
        cursor = JobLists(table).newest(owner, 20, cursor).next_cursor
    assert cursor
    return cursor


def run(endpoint: str, rounds: int) -> None:
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    table = f"lists-{uuid4().hex[:8]}"
    settings = {"access": Access.OPEN, "jobs_table": table, "job_kept_days": "1", "index_shards": "8"}
    for name in ApiSettings.model_fields:
        os.environ[name.upper()] = settings.get(name, _NOBODY)
    wait_until(_answers)
    begun = time.perf_counter()
    fill(table)
    print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
    app, current = create_app(), [""]
    app.dependency_overrides[require] = lambda: Principal(owner=current[0], scopes=frozenset(Scope))
    try:
        times = measure(Api(app), current, {owner: _middle(table, owner) for owner in OWNERS}, rounds)
    finally:
        clients.dynamodb().delete_table(TableName=table)
    _report(times, rounds)


def _report(times: Mapping[tuple[str, str], list[float]], rounds: int) -> None:
    print(f"| {rounds} times | p50, 100 jobs | p50, 100,000 | p95, 100 jobs | p95, 100,000 | ratio of p95 |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in dict.fromkeys(name for name, _ in times):
        small, large = (statistics.quantiles(times[name, owner], n=20) for owner in OWNERS)
        cells = [f"{value:.0f} ms" for value in (small[9], large[9], small[18], large[18])]
        print(f"| {name} | {' | '.join(cells)} | {large[18] / small[18]:.2f} |")


def _answers() -> bool:
    with suppress(BotoCoreError):
        boto3.client("dynamodb").list_tables()
        return True
    return False


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.job_lists", description=__doc__)
    parser.add_argument("--endpoint", help="a running DynamoDB; by default dynalite, which needs npx")
    parser.add_argument("--rounds", type=int, default=200)
    given = parser.parse_args()
    if given.endpoint:
        run(given.endpoint, given.rounds)
    else:
        with dynalite() as endpoint:
            run(endpoint, given.rounds)


if __name__ == "__main__":
    main()
