"""Claims on jobs: who may process a job, and how processing ends (docs/decisions/0001-claims-and-leases.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from botocore.exceptions import ClientError

from facelib.errors import ClaimLost, JobClaimed, JobFinished, JobNotFound
from facelib.events import new_event_id
from facelib.face import Face
from facelib.job import DetectorInfo, Failure, ImageInfo, Job, Status
from facelib.stores.attributes import Item, text, time_text, utc_now
from facelib.stores.clients import dynamodb
from facelib.stores.jobs.items import from_item, is_deleted, to_item
from facelib.stores.jobs.table import IS_KEPT, JobTable, item_that_failed_condition, primary_key

_CLAIMABLE: Final = "(#status = :pending OR (#status = :processing AND lease_until < :now))"

_IS_HELD: Final = "claim = :claim AND #status = :from"


@dataclass(frozen=True)
class Claim:
    """The right to finish a job, until its lease expires and another detector takes it over."""

    job: Job
    token: str
    until: datetime


@dataclass(frozen=True)
class Outcome:
    """The result of a detection, as it is stored."""

    image: ImageInfo
    detector: DetectorInfo
    faces: tuple[Face, ...]
    timings_ms: Mapping[str, float]
    original_etag: str
    completed_at: datetime = field(default_factory=utc_now)

    def job_completed(self, job: Job) -> Job:
        """Return the job with this outcome."""
        detection = {name: getattr(self, name) for name in ("image", "detector", "faces", "original_etag")}
        counted = {"face_count": len(self.faces), "timings_ms": dict(self.timings_ms)}
        return _ended(job, Status.COMPLETED, self.completed_at, detection | counted)


class ClaimStore(JobTable):
    def claim(self, job_id: str, lease_seconds: int) -> Claim:
        """Move a pending job, or one whose lease expired, to processing.

        Raises JobNotFound, JobClaimed (another detector holds it) or JobFinished.
        """
        now, token = utc_now(), str(uuid4())
        until = now + timedelta(seconds=lease_seconds)
        try:
            response = dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                UpdateExpression="SET #status = :processing, claim = :claim, lease_until = :until, "
                "expires_at = if_not_exists(kept_until, expires_at)",
                ConditionExpression=f"{IS_KEPT} AND {_CLAIMABLE}",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":processing": text(Status.PROCESSING),
                    ":pending": text(Status.PENDING),
                    ":claim": text(token),
                    ":until": text(time_text(until)),
                    ":now": text(time_text(now)),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            item = item_that_failed_condition(error)
            if item.get("claim") != text(token):
                raise _why_not_claimed(item, now) from None
            # The response to the first attempt was lost, and the SDK tried again.
            return Claim(from_item(item), token, until)
        return Claim(from_item(response["Attributes"]), token, until)

    def hold(self, claim: Claim, lease_seconds: int) -> None:
        """Make sure, before anything is written elsewhere, that the claim still stands. Raises ClaimLost.

        Until its lease expires nobody else takes the job over, so it is renewed only after that: a process that was
        halted meanwhile would overwrite the results of whoever took over.
        """
        now = utc_now()
        if now < claim.until:
            return
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(claim.job.job_id),
                UpdateExpression="SET lease_until = :until",
                ConditionExpression=_IS_HELD,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":until": text(time_text(now + timedelta(seconds=lease_seconds))),
                    ":claim": text(claim.token),
                    ":from": text(Status.PROCESSING),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            raise ClaimLost(is_deleted=is_deleted(item_that_failed_condition(error))) from None

    def complete(self, claim: Claim, outcome: Outcome) -> None:
        """Store the outcome. Raises ClaimLost, after which the caller removes what it has written elsewhere."""
        self._finish(claim, outcome.job_completed(claim.job))

    def fail(self, claim: Claim, failure: Failure, original_etag: str | None = None) -> None:
        """Store why the job failed. Raises ClaimLost."""
        self._finish(claim, _failed(claim.job, failure, original_etag))

    def fail_abandoned(self, job_id: str, failure: Failure) -> None:
        """Fail a job that no detector could finish. Raises JobNotFound, JobClaimed or JobFinished."""
        item = self._item(job_id) or {}
        if is_deleted(item):
            raise JobNotFound
        now, job = utc_now(), from_item(item)
        values = {":pending": text(Status.PENDING), ":now": text(time_text(now))}
        try:
            self._set(job_id, _changes(job, _failed(job, failure)), _CLAIMABLE.replace(":processing", ":from"), values)
        except ClientError as error:
            raise _why_not_claimed(item_that_failed_condition(error), now) from None

    def _finish(self, claim: Claim, ended: Job) -> None:
        changes = _changes(claim.job, ended)
        try:
            self._set(claim.job.job_id, changes, _IS_HELD, {":claim": text(claim.token)})
        except ClientError as error:
            raise ClaimLost(is_deleted=is_deleted(item_that_failed_condition(error))) from None

    def _set(self, job_id: str, changes: Item, condition: str, values: Mapping[str, Item]) -> None:
        """Write the changes to a job that is being processed, and end its claim."""
        names = {f"#{name}": name for name in changes} | {"#status": "status"}
        dynamodb().update_item(
            TableName=self._table,
            Key=primary_key(job_id),
            UpdateExpression="SET "
            + ", ".join(f"#{name} = :{name}" for name in changes)
            + " REMOVE claim, lease_until",
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={
                ":from": text(Status.PROCESSING),
                **values,
                **{f":{name}": value for name, value in changes.items()},
            },
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )


def _failed(job: Job, failure: Failure, original_etag: str | None = None) -> Job:
    return _ended(job, Status.FAILED, utc_now(), {"failure": failure, "original_etag": original_etag})


def _ended(job: Job, status: Status, at: datetime, outcome: Mapping[str, object]) -> Job:
    ended = {
        "status": status,
        "expires_at": job.kept_until or job.expires_at,
        "completed_at": at,
        "event_id": new_event_id(at, job.job_id),
    }
    return job.model_copy(update={**ended, **outcome})


def _changes(before: Job, after: Job) -> Item:
    """Return the attributes in which the two differ."""
    old, new = to_item(before), to_item(after)
    return {name: value for name, value in new.items() if old.get(name) != value}


def _why_not_claimed(item: Item, now: datetime) -> JobNotFound | JobClaimed | JobFinished:
    if is_deleted(item):
        return JobNotFound()
    job = from_item(item)
    if job.is_expired(now):
        return JobNotFound()
    if job.status.is_final:
        return JobFinished(job.status, job.original_etag)
    return JobClaimed()
