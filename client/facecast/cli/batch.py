"""A run over many photos: a few are uploaded at a time, and each result is saved once."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from facecast.async_client import AsyncClient
from facecast.cli.files import save
from facecast.cli.output import Terminal, faces
from facecast.cli.photos import PhotoFile, Unusable, assign_stems
from facecast.cli.record import Line, Record, fingerprint
from facecast.cli.tally import Tally
from facecast.errors import SERVICE_UNUSABLE, TEMPORARY, Conflict, Forbidden, ServiceError
from facecast.generated import Size
from facecast.many import JobWaiter, pooled
from facecast.models import Failure, Job, Limits, Options, Submission
from facecast.photo import Photo, idempotency_key

# A run gives up on a photo after this many failed jobs; the service itself makes six attempts at each job.
_RESENDS: Final = 5


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    service: str
    options: Options
    out: Path | None
    as_json: bool
    parallel: int
    # A value other than "" creates new jobs for photos that were sent before.
    salt: str = ""

    def options_at(self, limits: Limits) -> Options:
        """Return the options; results that hide faces keep the photo's size by default, because they replace photos."""
        if self.out and self.options.size is None and set(self.options.render) & set(limits.hiding):
            return self.options.model_copy(update={"size": Size.ORIGINAL.value})
        return self.options


@dataclass(frozen=True)
class Detected:
    photo: PhotoFile
    fingerprint: str
    job: Job
    saved: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """A photo that an earlier run has finished."""

    line: Line


@dataclass(frozen=True)
class Failed:
    """A photo that failed for a reason that does not affect other photos."""

    photo: PhotoFile
    reason: str
    can_be_retried: bool = False


Outcome = Detected | Skipped | Failed


@dataclass
class Batch:
    """The photos of a run, of which a few are in progress at a time."""

    client: AsyncClient
    settings: Settings
    record: Record
    terminal: Terminal
    tally: Tally
    stems: dict[str, str] = field(default_factory=dict)

    async def run(self, photos: Sequence[PhotoFile], unusable: Sequence[Unusable]) -> None:
        """Process all photos. Raises SERVICE_UNUSABLE errors, and OSError if results cannot be written."""
        for one in unusable:
            self.terminal.log(f"{one.name}: {one.reason}")
            self.tally.count(failed=True)
        if out := self.settings.out:
            taken = {photo: _stem(path) for photo, path in self.record.first_saved(out).items()}
            self.stems = assign_stems(photos, taken)
        async with JobWaiter(self.client) as waiter, aclosing(self._outcomes(photos, waiter)) as outcomes:
            async for outcome in outcomes:
                self._take(outcome)
                skipped = isinstance(outcome, Skipped)
                self.terminal.advance(done=self.tally.done, failed=self.tally.failed, skipped=skipped)

    def _outcomes(self, photos: Sequence[PhotoFile], waiter: JobWaiter) -> AsyncGenerator[Outcome, None]:
        async def work(photo: PhotoFile) -> Outcome:
            try:
                return await self._detect(photo, waiter)
            except SERVICE_UNUSABLE:
                raise
            except ServiceError as error:
                return Failed(photo, str(error), isinstance(error, TEMPORARY))

        return pooled(photos, work, self.settings.parallel)

    async def _detect(self, photo: PhotoFile, waiter: JobWaiter) -> Outcome:
        limits = await self.client.limits()
        try:
            data = await asyncio.to_thread(photo.read, limits.presigned_upload_bytes)
        except OSError as error:
            return Failed(photo, error.strerror or str(error))
        options = self.settings.options_at(limits)
        key = idempotency_key(data, options, self.settings.salt)
        mark = fingerprint(self.settings.service, key)
        if line := self.record.find(photo, mark):
            return Skipped(line)
        sent = await self._send(Photo.of(data, photo.name), options, key)
        try:
            job = await waiter.wait(sent)
            return Detected(photo, mark, job, await self._save(photo, job))
        except SERVICE_UNUSABLE:
            raise
        except ServiceError as error:
            return Failed(photo, f"{error} (job {sent.job_id})", isinstance(error, TEMPORARY))

    async def _send(self, photo: Photo, options: Options, key: str) -> Submission:
        """Send a photo, or retry the job of an earlier run if the photo did not cause its failure."""
        for _ in range(_RESENDS):
            sent = await self.client.send(photo, options, idempotency_key=key)
            if sent.status != "failed":
                return sent
            if healed := await self._healed(sent.job_id):
                return healed
            # Every run derives the same new key, so that repeated runs create only one more job.
            key = idempotency_key(photo.data, options, sent.job_id)
        return sent

    async def _healed(self, job_id: str) -> Submission | None:
        """Retry a failed job if a retry may succeed. Return None if the photo has to be sent again instead."""
        job = await self.client.job(job_id)
        if job.failure and job.failure.reason == "original_missing":
            return None
        if job.failure and job.failure.can_be_retried:
            try:
                await self.client.retry(job_id)
            except (Conflict, Forbidden):
                # The retry limit is reached, another client has just retried it, or the key lacks the scope.
                job = await self.client.job(job_id)
                return None if job.failure else Submission(job_id=job_id, status=job.status)
            return Submission(job_id=job_id)
        return Submission(job_id=job_id, status=job.status)

    async def _save(self, photo: PhotoFile, job: Job) -> tuple[str, ...]:
        if self.settings.out is None or job.failure:
            return ()
        limits, saved = await self.client.limits(), []
        for render in job.options.pictures:
            name = f"{self.stems[photo.identity]}-{render}{limits.file_suffix(render)}"
            saved.append(str(save(self.settings.out, name, await self.client.result(job.job_id, render))))
        return tuple(saved)

    def _take(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self.terminal.log(f"{outcome.photo.name}: {outcome.reason}")
            self.tally.count(failed=True, retryable=outcome.can_be_retried)
        elif isinstance(outcome, Skipped):
            self._take_skipped(outcome.line)
        else:
            self._take_detected(outcome)

    def _take_skipped(self, line: Line) -> None:
        failure = line.get("failure")
        if failure:
            self.terminal.log(f"{line['photo']}: {_told(Failure.model_validate(failure), line['job_id'])}")
        self.tally.count(line.get("face_count") or 0, failed=bool(failure))

    def _take_detected(self, detected: Detected) -> None:
        job, photo = detected.job, detected.photo
        line = {"photo": photo.name, "saved": detected.saved, "fingerprint": detected.fingerprint, **job.data}
        self.record.add(photo, line)
        if self.settings.as_json:
            self.terminal.say(json.dumps(line))
        elif not job.failure:
            self._show(photo, job, detected.saved)
        if failure := job.failure:
            self.terminal.log(f"{photo.name}: {_told(failure, job.job_id)}")
        retryable = bool(failure and failure.can_be_retried)
        self.tally.count(job.face_count or 0, failed=failure is not None, retryable=retryable)

    def _show(self, photo: PhotoFile, job: Job, saved: Sequence[str]) -> None:
        self.terminal.say(f"{photo.name}  {faces(job.face_count)}  job {job.job_id}")
        for face in job.faces or ():
            box = face.box
            self.terminal.say(
                f"  {face.confidence:6.1%}  {box.width:.0f} x {box.height:.0f} at {box.x:.0f}, {box.y:.0f}"
            )
        for path in saved:
            self.terminal.say(f"  saved   {path}")


def _told(failure: Failure, job_id: str) -> str:
    return f"{failure.reason}: {failure.detail} (job {job_id})"


def _stem(saved: Path) -> str:
    """Return `NAME` of `NAME-RENDER.jpg`."""
    return str(saved).rpartition("-")[0]
