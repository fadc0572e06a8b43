"""Jobs in DynamoDB. Every change of status is one conditional write along `job.TRANSITIONS`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from facelib import keys
from facelib.errors import ClaimLost, JobBusy, JobConflict, JobFinished, JobNotFound, KeyReused
from facelib.events import new_event_id
from facelib.job import TRANSITIONS, DetectorInfo, Face, Failure, ImageInfo, Job, Status
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.items import Item, from_item, text, time_text, to_item


@dataclass(frozen=True)
class Claim:
    """The right to finish a job, until its lease runs out and somebody else takes it over."""

    job: Job
    token: str


@dataclass(frozen=True)
class Outcome:
    """What a detector found. Stored as it is, with the time and the id of its event."""

    image: ImageInfo
    detector: DetectorInfo
    faces: tuple[Face, ...]
    timings_ms: Mapping[str, float]


class JobStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def add(self, job: Job, request_hash: str | None = None) -> Job:
        """Store a new job; if the same request stored it before, give that one instead.

        Raises KeyReused where the job exists and came from another request.
        """
        item = to_item(job) | ({"request_hash": text(request_hash)} if request_hash else {})
        try:
            dynamodb().put_item(
                TableName=self._table,
                Item=item,
                # A row past its time that TTL has not yet taken counts as gone.
                ConditionExpression="attribute_not_exists(job_id) OR expires_at < :now",
                ExpressionAttributeValues={":now": text(time_text(_now()))},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            old = _refused(error)
            if request_hash is None or old.get("request_hash") != text(request_hash):
                raise KeyReused from None
            return from_item(old)
        return job

    def get(self, job_id: str, owner: str) -> Job:
        """Raises JobNotFound."""
        if not keys.is_job_id(job_id):
            raise JobNotFound
        item = dynamodb().get_item(TableName=self._table, Key=_key(job_id), ConsistentRead=True).get("Item")
        if item is None:
            raise JobNotFound
        job = from_item(item)
        if job.owner != owner or job.is_expired(_now()):
            raise JobNotFound
        return job

    def claim(self, job_id: str, lease_seconds: int) -> Claim:
        """Move a pending job, or one whose lease ran out, to processing.

        Raises JobNotFound, JobBusy (somebody holds it) or JobFinished.
        """
        now, token = _now(), str(uuid4())
        try:
            answer = dynamodb().update_item(
                TableName=self._table,
                Key=_key(job_id),
                UpdateExpression="SET #status = :processing, claim = :claim, lease_until = :until",
                ConditionExpression="expires_at > :now AND " + _FREE_TO_TAKE,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":processing": text(Status.PROCESSING),
                    ":pending": text(Status.PENDING),
                    ":claim": text(token),
                    ":until": text(time_text(now + timedelta(seconds=lease_seconds))),
                    ":now": text(time_text(now)),
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            raise _why_not_claimed(_refused(error), now) from None
        return Claim(from_item(answer["Attributes"]), token)

    def complete(self, claim: Claim, outcome: Outcome) -> None:
        """Raises ClaimLost, after which the caller removes what it has written elsewhere."""
        self._finish(
            claim,
            Status.COMPLETED,
            {
                "image": outcome.image,
                "detector": outcome.detector,
                "face_count": len(outcome.faces),
                "faces": outcome.faces,
                "timings_ms": dict(outcome.timings_ms),
            },
        )

    def fail(self, claim: Claim, failure: Failure) -> None:
        """Raises ClaimLost."""
        self._finish(claim, Status.FAILED, {"failure": failure})

    def _finish(self, claim: Claim, status: Status, found: Mapping[str, object]) -> None:
        changes = _ended(claim.job, status, found)
        try:
            self._set(claim.job.job_id, changes, "claim = :claim AND #status = :from", {":claim": text(claim.token)})
        except ClientError as error:
            raise ClaimLost(job_exists=bool(_refused(error))) from None

    def fail_abandoned(self, job_id: str, failure: Failure) -> None:
        """Fail a job that no detector could bring to an end. Raises JobNotFound, JobBusy or JobFinished."""
        item = dynamodb().get_item(TableName=self._table, Key=_key(job_id), ConsistentRead=True).get("Item")
        if item is None:
            raise JobNotFound
        now = _now()
        changes = _ended(from_item(item), Status.FAILED, {"failure": failure})
        values = {":pending": text(Status.PENDING), ":now": text(time_text(now))}
        try:
            self._set(job_id, changes, _FREE_TO_TAKE.replace(":processing", ":from"), values)
        except ClientError as error:
            raise _why_not_claimed(_refused(error), now) from None

    def retry(self, job_id: str, owner: str) -> Job:
        """Move a failed job back to pending. Raises JobNotFound or JobConflict."""
        job = self.get(job_id, owner)
        if Status.PENDING not in TRANSITIONS[job.status]:
            raise JobConflict(job, "there is nothing to retry; only a failed job can be retried")
        try:
            answer = dynamodb().update_item(
                TableName=self._table,
                Key=_key(job_id),
                UpdateExpression="SET #status = :pending REMOVE failure, completed_at, event_id",
                ConditionExpression="#status = :failed",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":pending": text(Status.PENDING), ":failed": text(Status.FAILED)},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            old = _refused(error)
            if not old:
                raise JobNotFound from None
            raise JobConflict(from_item(old), "it is being retried already") from None
        return from_item(answer["Attributes"])

    def delete(self, job_id: str, owner: str) -> Job:
        """Remove the record and give what it said. Raises JobNotFound."""
        job = self.get(job_id, owner)
        dynamodb().delete_item(TableName=self._table, Key=_key(job_id))
        return job

    def _set(self, job_id: str, changes: Item, condition: str, values: Mapping[str, Item]) -> None:
        """Write the changes to a job that is being processed, and end its claim."""
        names = {f"#{name}": name for name in changes} | {"#status": "status"}
        dynamodb().update_item(
            TableName=self._table,
            Key=_key(job_id),
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


_FREE_TO_TAKE: Final = "(#status = :pending OR (#status = :processing AND lease_until < :now))"


def _now() -> datetime:
    return datetime.now(UTC)


def _key(job_id: str) -> Item:
    return {"job_id": text(job_id)}


def _ended(job: Job, status: Status, found: Mapping[str, object]) -> Item:
    """The attributes that change when the job comes to this end now."""
    now = _now()
    ended = job.model_copy(
        update={"status": status, "completed_at": now, "event_id": new_event_id(now, job.job_id), **found}
    )
    before, after = to_item(job), to_item(ended)
    return {name: value for name, value in after.items() if before.get(name) != value}


def _refused(error: ClientError) -> Item:
    """What stood there when a condition failed, {} for nothing; any other error goes on its way."""
    if code_of(error) != "ConditionalCheckFailedException":
        raise error
    response: Mapping[str, Any] = error.response
    item: Item = response.get("Item", {})
    return item


def _why_not_claimed(item: Item, now: datetime) -> JobNotFound | JobBusy | JobFinished:
    if not item:
        return JobNotFound()
    job = from_item(item)
    if job.is_expired(now):
        return JobNotFound()
    return JobFinished(job.status) if job.status.is_final else JobBusy()
