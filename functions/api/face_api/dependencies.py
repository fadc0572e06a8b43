"""Dependencies of routes: stores and settings."""

from functools import cache
from typing import Annotated

from facelib.domain import limits
from facelib.settings import ApiSettings
from facelib.stores.access.tickets import TicketStore
from facelib.stores.access.usage import UsageStore
from facelib.stores.access.waiting import WaitingStore
from facelib.stores.detector_client import DetectorClient
from facelib.stores.jobs.creation import NewJobs
from facelib.stores.jobs.deletions import Deletions
from facelib.stores.jobs.lists import JobLists
from facelib.stores.jobs.retries import Retries
from facelib.stores.jobs.table import JobTable
from facelib.stores.objects.images import ImageStore
from facelib.stores.queues.queue import Queue
from fastapi import Depends, Header

from face_api.accept import Submissions
from face_api.draw import OnDemandResults


@cache
def settings() -> ApiSettings:
    return ApiSettings.from_environment()


@cache
def jobs() -> JobTable:
    return JobTable(settings().jobs_table)


def deletions() -> Deletions:
    return Deletions(jobs())


def retries() -> Retries:
    return Retries(jobs())


@cache
def lists() -> JobLists:
    return JobLists(settings().jobs_table, settings().index_shards)


@cache
def images() -> ImageStore:
    return ImageStore(settings().originals_bucket, settings().results_bucket)


@cache
def detect_queue() -> Queue:
    return Queue(settings().detect_queue_url)


@cache
def detector() -> DetectorClient:
    return DetectorClient(settings().detector_function)


def on_demand_results() -> OnDemandResults:
    return OnDemandResults(jobs(), images(), detector(), detect_queue())


@cache
def tickets() -> TicketStore:
    return TicketStore(settings().access_table)


@cache
def usage() -> UsageStore:
    return UsageStore(settings().access_table)


def submissions() -> Submissions:
    return Submissions(NewJobs(jobs(), settings().index_shards), images(), usage(), settings().retention)


@cache
def waiting() -> WaitingStore:
    return WaitingStore(settings().access_table, settings().waiting_requests)


SettingsDep = Annotated[ApiSettings, Depends(settings)]
JobsDep = Annotated[JobTable, Depends(jobs)]
DeletionsDep = Annotated[Deletions, Depends(deletions)]
RetriesDep = Annotated[Retries, Depends(retries)]
ListsDep = Annotated[JobLists, Depends(lists)]
ImagesDep = Annotated[ImageStore, Depends(images)]
DetectQueueDep = Annotated[Queue, Depends(detect_queue)]
OnDemandResultsDep = Annotated[OnDemandResults, Depends(on_demand_results)]
DetectorDep = Annotated[DetectorClient, Depends(detector)]
TicketsDep = Annotated[TicketStore, Depends(tickets)]
UsageDep = Annotated[UsageStore, Depends(usage)]
SubmissionsDep = Annotated[Submissions, Depends(submissions)]
WaitingDep = Annotated[WaitingStore, Depends(waiting)]
IdempotencyKeyDep = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=limits.IDEMPOTENCY_KEY_CHARACTERS,
        pattern=r"^[\x21-\x7e]+$",
        description="A repeated request with the same key returns the same job, for example after the first response "
        "was lost.",
    ),
]
