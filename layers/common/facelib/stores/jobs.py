"""Jobs in DynamoDB. Every change of status is one conditional write along `job.TRANSITIONS`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from facelib import keys, limits
from facelib.errors import ClaimLost, JobClaimed, JobConflict, JobFinished, JobNotFound, KeyReused, StoreContended
from facelib.events import new_event_id
from facelib.job import RETRYABLE, TRANSITIONS, DetectorInfo, Face, Failure, ImageInfo, Job, Status
from facelib.stores.clients import code_of, dynamodb
from facelib.stores.idempotency import IdempotencyRecord, IdempotentRequest, record_item
from facelib.stores.items import Item, from_item, number, text, time_text, to_item


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
    original_etag: str


class JobStore:
    def __init__(self, table: str) -> None:
        self._table = table

    def add(self, job: Job, request: IdempotentRequest | None = None) -> Job:
        """Store a new job; if the same request stored one before, give that one instead.

        Raises KeyReused where the key came with another request.
        """
        if request is None:
            dynamodb().put_item(TableName=self._table, Item=to_item(job), ConditionExpression=_IS_NEW)
            return job
        for _ in range(_ADD_ATTEMPTS):
            if self._add_with_key(job, request):
                return job
            if earlier := self._job_of(job.owner, request):
                return earlier
        raise StoreContended

    def _add_with_key(self, job: Job, request: IdempotentRequest) -> bool:
        """Write the job and the record of its key together; False if a record stands there, or another is written."""
        record, item = record_item(job, request), to_item(job)
        try:
            dynamodb().transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": {**item, "idempotency": record["job_id"]},
                            "ConditionExpression": _IS_NEW,
                        }
                    },
                    {
                        "Put": {
                            "TableName": self._table,
                            "Item": record,
                            # A record past its time that TTL has not yet taken counts as gone.
                            "ConditionExpression": f"{_IS_NEW} OR expires_at < :now",
                            "ExpressionAttributeValues": {":now": text(time_text(_now()))},
                        }
                    },
                ]
            )
        except ClientError as error:
            if code_of(error) != "TransactionCanceledException":
                raise
            return False
        return True

    def _job_of(self, owner: str, request: IdempotentRequest) -> Job | None:
        """Return the job that this request stored before; None if there is none any more. Raises KeyReused."""
        record_id = request.record_id(owner)
        item = self._item(record_id)
        if item is None:
            return None
        record = IdempotencyRecord.from_item(item)
        try:
            job = self.get(record.target, owner)
        except JobNotFound:
            # Deleting the job removes its record at the end; whoever comes before that need not wait.
            self._remove_record(record_id, record.target)
            return None
        if record.fingerprint != request.fingerprint:
            raise KeyReused
        return job

    def _remove_record(self, record_id: str, target: str) -> None:
        """Remove the record of a key unless it leads to another job by now."""
        with suppress_failed_condition():
            dynamodb().delete_item(
                TableName=self._table,
                Key=_key(record_id),
                ConditionExpression="target = :target",
                ExpressionAttributeValues={":target": text(target)},
            )

    def _item(self, key: str) -> Item | None:
        return dynamodb().get_item(TableName=self._table, Key=_key(key), ConsistentRead=True).get("Item")

    def get(self, job_id: str, owner: str) -> Job:
        """Raises JobNotFound."""
        if not keys.is_job_id(job_id):
            raise JobNotFound
        item = self._item(job_id)
        if item is None:
            raise JobNotFound
        job = from_item(item)
        if job.owner != owner or job.status is Status.DELETING or job.is_expired(_now()):
            raise JobNotFound
        return job

    def peek(self, job_id: str) -> Job | None:
        """Read a job for the service itself, whoever its owner is; pydantic's ValidationError if it makes no sense."""
        item = self._item(job_id)
        return from_item(item) if item else None

    def claim(self, job_id: str, lease_seconds: int) -> Claim:
        """Move a pending job, or one whose lease ran out, to processing.

        Raises JobNotFound, JobClaimed (somebody holds it) or JobFinished.
        """
        now, token = _now(), str(uuid4())
        try:
            answer = dynamodb().update_item(
                TableName=self._table,
                Key=_key(job_id),
                UpdateExpression="SET #status = :processing, claim = :claim, lease_until = :until",
                ConditionExpression="expires_at > :now AND " + _CLAIMABLE,
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
            outcome.original_etag,
        )

    def fail(self, claim: Claim, failure: Failure, original_etag: str | None = None) -> None:
        """Raises ClaimLost."""
        self._finish(claim, Status.FAILED, {"failure": failure}, original_etag)

    def _finish(self, claim: Claim, status: Status, outcome: Mapping[str, object], etag: str | None) -> None:
        changes = _ended(claim.job, status, outcome) | ({"original_etag": text(etag)} if etag else {})
        try:
            self._set(claim.job.job_id, changes, "claim = :claim AND #status = :from", {":claim": text(claim.token)})
        except ClientError as error:
            raise ClaimLost(is_deleted=_is_deleted(_refused(error))) from None

    def fail_abandoned(self, job_id: str, failure: Failure) -> None:
        """Fail a job that no detector could bring to an end. Raises JobNotFound, JobClaimed or JobFinished."""
        item = self._item(job_id)
        if item is None:
            raise JobNotFound
        now = _now()
        changes = _ended(from_item(item), Status.FAILED, {"failure": failure})
        values = {":pending": text(Status.PENDING), ":now": text(time_text(now))}
        try:
            self._set(job_id, changes, _CLAIMABLE.replace(":processing", ":from"), values)
        except ClientError as error:
            raise _why_not_claimed(_refused(error), now) from None

    def retry(self, job_id: str, owner: str) -> Job:
        """Move a failed job back to pending, and give it as it was. Raises JobNotFound or JobConflict."""
        job = self.get(job_id, owner)
        _check_retry(job)
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=_key(job_id),
                UpdateExpression="SET #status = :pending ADD retries :one REMOVE failure, completed_at, event_id",
                ConditionExpression="#status = :failed AND (attribute_not_exists(retries) OR retries < :most)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={
                    ":pending": text(Status.PENDING),
                    ":failed": text(Status.FAILED),
                    ":one": number(1),
                    ":most": number(limits.RETRIES),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            old = _refused(error)
            if not old:
                raise JobNotFound from None
            raise _why_not_retried(from_item(old)) from None
        return job

    def undo_retry(self, failed: Job) -> None:
        """Put a job back to how it failed, because nobody could be asked to process it again."""
        item = to_item(failed)
        back = {name: item[name] for name in ("status", "failure", "completed_at", "event_id") if name in item}
        with suppress_failed_condition():
            dynamodb().update_item(
                TableName=self._table,
                Key=_key(failed.job_id),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in back) + " ADD retries :minus_one",
                ConditionExpression="#status = :pending",
                ExpressionAttributeNames={f"#{name}": name for name in back},
                ExpressionAttributeValues={
                    ":pending": text(Status.PENDING),
                    ":minus_one": number(-1),
                    **{f":{name}": value for name, value in back.items()},
                },
            )

    def begin_deletion(self, job_id: str, owner: str) -> None:
        """Hide a job from everybody and end its claim; may be repeated until `remove`. Raises JobNotFound."""
        if not keys.is_job_id(job_id):
            raise JobNotFound
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=_key(job_id),
                # What was found goes at once, and with the event id the job leaves the index of replays.
                UpdateExpression="SET #status = :deleting REMOVE claim, lease_until, faces, event_id",
                ConditionExpression="#owner = :owner AND expires_at > :now",
                ExpressionAttributeNames={"#status": "status", "#owner": "owner"},
                ExpressionAttributeValues={
                    ":deleting": text(Status.DELETING),
                    ":owner": text(owner),
                    ":now": text(time_text(_now())),
                },
            )
        except ClientError as error:
            _refused(error)
            raise JobNotFound from None

    def remove(self, job_id: str) -> None:
        """Remove the record of a job in deletion, and that of its idempotency key, once its objects are gone."""
        item = self._item(job_id)
        if item is None:
            return
        if "idempotency" in item:
            self._remove_record(item["idempotency"]["S"], job_id)
        with suppress_failed_condition():
            dynamodb().delete_item(
                TableName=self._table,
                Key=_key(job_id),
                ConditionExpression="#status = :deleting",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":deleting": text(Status.DELETING)},
            )

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


_CLAIMABLE: Final = "(#status = :pending OR (#status = :processing AND lease_until < :now))"


_IS_NEW: Final = "attribute_not_exists(job_id)"
# Two requests with the same key at the same moment cancel each other's transaction; one of them wins in the next round.
_ADD_ATTEMPTS: Final = 10


@contextmanager
def suppress_failed_condition() -> Iterator[None]:
    """Go on where a condition failed: somebody else was faster, and nothing is left to do."""
    try:
        yield
    except ClientError as error:
        _refused(error)


def _now() -> datetime:
    return datetime.now(UTC)


def _key(job_id: str) -> Item:
    return {"job_id": text(job_id)}


def _ended(job: Job, status: Status, outcome: Mapping[str, object]) -> Item:
    """The attributes that change when the job comes to this end now."""
    now = _now()
    ended = job.model_copy(
        update={"status": status, "completed_at": now, "event_id": new_event_id(now, job.job_id), **outcome}
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


def _is_deleted(item: Item) -> bool:
    return not item or item["status"] == text(Status.DELETING)


def _why_not_claimed(item: Item, now: datetime) -> JobNotFound | JobClaimed | JobFinished:
    if _is_deleted(item):
        return JobNotFound()
    job = from_item(item)
    if job.is_expired(now):
        return JobNotFound()
    if job.status.is_final:
        return JobFinished(job.status, item["original_etag"]["S"] if "original_etag" in item else None)
    return JobClaimed()


def _check_retry(job: Job) -> None:
    if Status.PENDING not in TRANSITIONS[job.status]:
        raise JobConflict(job, "so there is nothing to retry; only a failed job can be retried")
    if job.failure and job.failure.reason not in RETRYABLE:
        raise JobConflict(job, f"and would fail again: {job.failure.detail} Send another image")


def _why_not_retried(job: Job) -> JobConflict:
    if job.status is Status.FAILED:
        return JobConflict(job, f"and was retried {limits.RETRIES} times, which is all there are. Send the image again")
    return JobConflict(job, "it is being retried already")
