"""Erases every job, image, event, key and counter of an owner.

Keys are removed first, so that no new data arrives. What is left to erase is read from the tables, so an erasure that
was interrupted continues where it stopped. A job's record is removed last, once its objects are gone from the buckets.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Annotated, Final

import boto3
import typer
from botocore.exceptions import ClientError
from facelib.domain import object_keys
from facelib.domain.access import ApiKey
from facelib.domain.errors import JobNotFound, ObjectsNotDeleted
from facelib.stores import clients
from facelib.stores.access.api_keys import KeyStore
from facelib.stores.access.usage import UsageStore
from facelib.stores.backoff import attempts
from facelib.stores.jobs.deletions import Deletions
from facelib.stores.jobs.events import BY_EVENT
from facelib.stores.jobs.index import JobIndex
from facelib.stores.jobs.lists import BY_CREATION
from facelib.stores.jobs.table import JobTable
from facelib.stores.listeners.connections import ConnectionStore
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.objects.images import ImageStore
from facelib.stores.threads import threads

from infra.aws.release import confirm, empty
from infra.errors import CommandFailed, Stopped
from infra.keys import close_connections, connections_api_of
from infra.local.layout import DEFAULT_PORT, LocalStack
from infra.options import Environment, Port
from infra.target import choose_stack

_BATCH: Final = 100
_REPORT_SECONDS: Final = 2.0
# Maximum number of times that the remaining jobs are counted, within about two seconds in total.
_COUNTS: Final = 5


@dataclass(frozen=True)
class Access:
    """The stores of keys, counters and connections."""

    keys: KeyStore
    usage: UsageStore
    connections: ConnectionStore
    connections_api: ConnectionsApi

    def keys_of(self, owner: str) -> list[ApiKey]:
        return [key for key in self.keys.all() if key.owner == owner]

    def end_keys(self, owner: str) -> None:
        """Remove the owner's keys, and close the connections that use them."""
        for key in self.keys_of(owner):
            self.keys.remove(key.key_id)
            close_connections(key, self.connections, self.connections_api)


@dataclass(frozen=True)
class Left:
    """An owner's data that is still in the buckets and tables."""

    jobs: int
    files: int
    keys: int
    connections: int
    counters: int

    def __str__(self) -> str:
        return ", ".join(
            (
                _number(self.jobs, "job"),
                _number(self.files, "file") + " in the drop folder",
                _number(self.keys, "key"),
                _number(self.connections, "connection"),
                _number(self.counters, "counter"),
            )
        )


@dataclass(frozen=True)
class Erasure:
    """The erasure of one owner's data from these stores."""

    owner: str
    table: str
    originals: str
    results: str
    shards: int
    access: Access

    @classmethod
    def of_stack(cls, owner: str, stack: str) -> "Erasure":
        """Return the erasure of an owner's data from this stack. Raises CommandFailed if there is no such stack."""
        try:
            [description] = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        except ClientError as error:
            raise CommandFailed(f"Nothing was erased: {error.response['Error']['Message']}.") from None
        outputs = {each["OutputKey"]: each["OutputValue"] for each in description["Outputs"]}
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in description["Parameters"]}
        buckets = outputs["OriginalsBucketName"], outputs["ResultsBucketName"]
        access = Access(
            KeyStore(outputs["KeysTableName"]),
            UsageStore(outputs["AccessTableName"]),
            ConnectionStore(outputs["ConnectionsTableName"]),
            connections_api_of(outputs),
        )
        return cls(owner, outputs["JobsTableName"], *buckets, int(parameters["IndexShards"]), access)

    def count(self) -> int:
        """Return the number of the owner's jobs and tombstones (eventually consistent)."""
        return max(index.count(self.owner) for index in self._indexes)

    def left(self) -> Left:
        """Count the data that is left."""
        access = self.access
        inbox = clients.s3().get_paginator("list_objects_v2")
        pages = inbox.paginate(Bucket=self.originals, Prefix=object_keys.inbox(self.owner))
        return Left(
            jobs=self._jobs_left(),
            files=sum(page["KeyCount"] for page in pages),
            keys=len(access.keys_of(self.owner)),
            connections=access.connections.subscriptions.count_with_key(self.owner),
            counters=access.usage.counters(self.owner),
        )

    def _jobs_left(self) -> int:
        """Return the number of jobs left; wait briefly for 0, because the indexes lag behind the table."""
        count = 0
        for _ in attempts(_COUNTS, 0.2):
            if (count := self.count()) == 0:
                break
        return count

    def run(self, report: Callable[[int], None]) -> int:
        """Erase everything, and return the number of jobs. `report` is called with the number erased so far."""
        erase = partial(_erase, self.owner, Deletions(JobTable(self.table)), ImageStore(self.originals, self.results))
        self.access.end_keys(self.owner)
        empty(clients.s3(), self.originals, object_keys.inbox(self.owner))
        done = 0
        for index in self._indexes:
            # Every time and every event id begins with a year, and therefore sorts after "0".
            items = index.ascending(self.owner, "0", _BATCH)
            while batch := [item["job_id"]["S"] for item in islice(items, _BATCH)]:
                list(threads().map(erase, batch))
                done += len(batch)
                report(done)
        self.access.usage.forget(self.owner)
        return done

    @property
    def _indexes(self) -> tuple[JobIndex, JobIndex]:
        by_creation = JobIndex(self.table, BY_CREATION, "created_at", self.shards)
        # Only the index by event contains the tombstones of jobs that were deleted earlier.
        return by_creation, JobIndex(self.table, BY_EVENT, "event_id", self.shards)


_NOTHING: Final = Left(jobs=0, files=0, keys=0, connections=0, counters=0)


def _erase(owner: str, deletions: Deletions, images: ImageStore, job_id: str) -> None:
    """Erase one job. Its record is kept until its objects are gone, so that another run finds the job."""
    # JobNotFound is raised for expired and previously deleted jobs, which still have records.
    with suppress(JobNotFound):
        deletions.begin(job_id, owner)
    images.delete(job_id)
    if images.count(job_id) == 0:
        deletions.purge(job_id)


def _progress(total: int) -> Callable[[int], None]:
    begun = reported = time.monotonic()

    def report(done: int) -> None:
        nonlocal reported
        if time.monotonic() - reported >= _REPORT_SECONDS:
            reported = time.monotonic()
            print(f"{done:,} of {max(total, done):,} erased, {done / (reported - begun):,.0f} a second", flush=True)

    return report


def _number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def erase(
    owner: Annotated[str, typer.Argument(help="The owner whose data is erased.", show_default=False)],
    environment: Environment = None,
    port: Port = DEFAULT_PORT,
) -> None:
    """Erase every job, image, event and key of an owner."""
    if not object_keys.is_owner(owner):
        raise CommandFailed(
            "Pass the owner: make erase OWNER=alice (1 to 64 characters from a-z, 0-9, '.', '_' and '-')"
        )
    erasure = Erasure.of_stack(owner, choose_stack(environment, LocalStack(port), f"erase OWNER={owner}"))
    total = erasure.count()
    owned_keys = _number(len(erasure.access.keys_of(owner)), "key")
    confirm(
        f"Erase {owner}'s {owned_keys} and {_number(total, 'job')}, with all images? Type the owner's name: ",
        owner,
        "erased",
    )
    try:
        done = erasure.run(_progress(total))
    except KeyboardInterrupt:
        raise Stopped("Stopped. Run the same command again to erase the remaining data.") from None
    except ObjectsNotDeleted as error:
        raise CommandFailed(f"Not everything was erased: {error}. Run the same command again.") from None
    left = erasure.left()
    print(f"Erased {owner}'s {owned_keys} and {_number(done, 'job')}. Left: {left}.")
    if left != _NOTHING:
        raise CommandFailed("Some data remains, or new data arrived in the meantime. Run the same command again.")
