"""Claims on jobs: which detector may process a job, and how the job ends (docs/decisions/0001-claims-and-leases.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from boto3.dynamodb.conditions import Attr, ConditionBase

from facelib.domain.errors import ClaimLost, JobClaimed, JobFinished, JobNotFound
from facelib.domain.job import Detection, DetectorInfo, Failure, Job, Status
from facelib.messages.events import new_event_id
from facelib.stores.attributes import Item, text, time_text, utc_now
from facelib.stores.conditional import Change, ConditionFailed
from facelib.stores.jobs.items import from_item, is_deleted, to_item
from facelib.stores.jobs.table import WHOLE_TIME, JobTable, has_status, is_kept


@dataclass(frozen=True)
class Claim:
    """The right to finish a job. It ends when the lease has expired and another detector takes over the job."""

    job: Job
    token: str
    until: datetime


@dataclass(frozen=True)
class Outcome:
    """The stored result of a detection."""

    detection: Detection
    detector: DetectorInfo
    original_etag: str
    completed_at: datetime = field(default_factory=utc_now)

    def job_completed(self, job: Job) -> Job:
        """Return the job with this outcome."""
        detected = {name: getattr(self.detection, name) for name in Detection.model_fields}
        outcome = {
            "detector": self.detector,
            "face_count": len(self.detection.faces),
            "original_etag": self.original_etag,
        }
        return _ended(job, Status.COMPLETED, self.completed_at, detected | outcome)


class Claims:
    def __init__(self, table: JobTable) -> None:
        self._table = table

    def claim(self, job_id: str, lease_seconds: int) -> Claim:
        """Move a pending job, or one whose lease expired, to processing.

        Raises JobNotFound, JobClaimed (another detector holds it) or JobFinished.
        """
        now, token = utc_now(), str(uuid4())
        until = now + timedelta(seconds=lease_seconds)
        claimed = {"status": text(Status.PROCESSING), "claim": text(token), "lease_until": text(time_text(until))}
        change = Change(put=claimed, copy=WHOLE_TIME)
        try:
            item = self._table.update(job_id, change, is_kept(now) & _is_claimable(now), returning="ALL_NEW")
        except ConditionFailed as failed:
            item = failed.item
            # If this claim already holds the job, the response to the first attempt was lost, and the SDK tried again.
            if item.get("claim") != text(token):
                raise _why_not_claimed(item, now) from None
        return Claim(from_item(item), token, until)

    def hold(self, claim: Claim, lease_seconds: int) -> None:
        """Before writing elsewhere, check that the claim is still valid. Raises ClaimLost.

        No other detector can take over the job until the lease expires. An expired lease is renewed, which fails if
        another detector has taken over: a process that was paused must not overwrite that detector's results.
        """
        now = utc_now()
        if now >= claim.until:
            until = text(time_text(now + timedelta(seconds=lease_seconds)))
            self._update_held(claim, Change(put={"lease_until": until}))

    def complete(self, claim: Claim, outcome: Outcome) -> None:
        """Store the outcome. Raises ClaimLost; the caller must then remove the results if the job was deleted."""
        self._update_held(claim, _end(claim.job, outcome.job_completed(claim.job)))

    def fail(self, claim: Claim, failure: Failure, original_etag: str | None = None) -> None:
        """End the job with this failure. Raises ClaimLost."""
        self._update_held(claim, _end(claim.job, _failed(claim.job, failure, original_etag)))

    def fail_abandoned(self, job_id: str, failure: Failure) -> None:
        """Fail a job that no detector could finish. Raises JobNotFound, JobClaimed or JobFinished."""
        item = self._table.item(job_id) or {}
        if is_deleted(item):
            raise JobNotFound
        now, job = utc_now(), from_item(item)
        try:
            self._table.update(job_id, _end(job, _failed(job, failure)), _is_claimable(now))
        except ConditionFailed as failed:
            raise _why_not_claimed(failed.item, now) from None

    def _update_held(self, claim: Claim, change: Change) -> None:
        is_held = Attr("claim").eq(claim.token) & has_status(Status.PROCESSING)
        try:
            self._table.update(claim.job.job_id, change, is_held)
        except ConditionFailed as failed:
            raise ClaimLost(is_deleted=is_deleted(failed.item)) from None


def _is_claimable(now: datetime) -> ConditionBase:
    is_abandoned = has_status(Status.PROCESSING) & Attr("lease_until").lt(time_text(now))
    return has_status(Status.PENDING) | is_abandoned


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


def _end(before: Job, after: Job) -> Change:
    """Return the change that ends a job and its claim."""
    old, new = to_item(before), to_item(after)
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    return Change(put=changed, remove=("claim", "lease_until"))


def _why_not_claimed(item: Item, now: datetime) -> JobNotFound | JobClaimed | JobFinished:
    if is_deleted(item):
        return JobNotFound()
    job = from_item(item)
    if job.is_expired(now):
        return JobNotFound()
    if job.status.is_final:
        return JobFinished(job.status, job.original_etag)
    return JobClaimed()
