"""One run over many photos: sent a few at a time, each result put where it belongs, once."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from facecast.async_client import AsyncClient
from facecast.cli.output import Screen, faces
from facecast.cli.photos import PhotoFile, Unusable
from facecast.cli.state import Done, State
from facecast.errors import BLOCKING, ServiceError
from facecast.many import JobWaiter, pooled
from facecast.models import Job, Options, file_suffix
from facecast.photo import Photo, idempotency_key


@dataclass(frozen=True)
class Settings:
    """Settings of a run."""

    options: Options
    out: Path | None
    lines: Path | None
    as_json: bool
    parallel: int
    # Makes new jobs of photos that were sent before.
    salt: str = ""


@dataclass
class Tally:
    """How far a run is."""

    total: int
    done: int = 0
    failed: int = 0
    faces: int = 0


@dataclass(frozen=True)
class Detected:
    photo: PhotoFile
    key: str
    job: Job
    saved: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    """A photo that came to nothing, for a reason of its own."""

    photo: PhotoFile
    reason: str


@dataclass
class Batch:
    """Photos on their way. A photo is recorded with all that belongs to it, or not at all."""

    client: AsyncClient
    settings: Settings
    state: State
    screen: Screen
    tally: Tally
    stems: dict[str, str] = field(default_factory=dict)

    async def run(self, photos: Sequence[PhotoFile], unusable: Sequence[Unusable]) -> None:
        """Raise what concerns all photos alike (errors.BLOCKING), OSError where results cannot be written."""
        for one in unusable:
            self._fail(one.name, one.reason)
        self.stems = assign_stems(photos, self.state.stems)
        async with JobWaiter(self.client) as waiter, aclosing(self._outcomes(photos, waiter)) as outcomes:
            async for outcome in outcomes:
                self._record(outcome)
                skipped = isinstance(outcome, Done)
                self.screen.advance(done=self.tally.done, failed=self.tally.failed, skipped=skipped)

    def _outcomes(
        self, photos: Sequence[PhotoFile], waiter: JobWaiter
    ) -> AsyncGenerator[Detected | Done | Failed, None]:
        async def work(photo: PhotoFile) -> Detected | Done | Failed:
            try:
                return await self._detect(photo, waiter)
            except BLOCKING:
                raise
            except ServiceError as error:
                return Failed(photo, str(error))

        return pooled(photos, work, self.settings.parallel)

    async def _detect(self, photo: PhotoFile, waiter: JobWaiter) -> Detected | Done | Failed:
        limits = await self.client.limits()
        try:
            data = await asyncio.to_thread(photo.read, limits.presigned_upload_bytes)
        except OSError as error:
            return Failed(photo, error.strerror or str(error))
        key = idempotency_key(data, self.settings.options, self.settings.salt)
        if done := self.state.find(photo.identity, key):
            return done
        sent = await self.client.send(Photo.of(data, photo.name), self.settings.options, idempotency_key=key)
        job = await waiter.wait(sent)
        return Detected(photo, key, job, await self._save(photo, job))

    async def _save(self, photo: PhotoFile, job: Job) -> tuple[str, ...]:
        if self.settings.out is None or job.failure:
            return ()
        saved = []
        for render in job.options.render:
            path = self.settings.out / f"{self.stems[photo.identity]}-{render}{file_suffix(render)}"
            save(path, await self.client.result(job.job_id, render))
            saved.append(str(path))
        return tuple(saved)

    def _record(self, outcome: Detected | Done | Failed) -> None:
        if isinstance(outcome, Failed):
            self._fail(outcome.photo.name, outcome.reason)
        elif isinstance(outcome, Done):
            self._count(outcome.face_count, failed=outcome.failed)
        else:
            self._record_detected(outcome)

    def _record_detected(self, detected: Detected) -> None:
        job, photo = detected.job, detected.photo
        line = json.dumps({"photo": photo.name, "saved": detected.saved, **job.data})
        size = append_line(self.settings.lines, line) if self.settings.lines else 0
        self.state.add(
            Done(
                photo=photo.identity,
                key=detected.key,
                stem=self.stems[photo.identity],
                saved=detected.saved,
                face_count=job.face_count or 0,
                failed=job.failure is not None,
                lines_bytes=size,
            )
        )
        if self.settings.as_json:
            self.screen.say(line)
        elif not job.failure:
            self._show(photo, job, detected.saved)
        if job.failure:
            self.screen.complain(f"{photo.name}: {job.failure.reason}: {job.failure.detail}")
        self._count(job.face_count or 0, failed=job.failure is not None)

    def _show(self, photo: PhotoFile, job: Job, saved: Sequence[str]) -> None:
        self.screen.say(f"{photo.name}  {faces(job.face_count)}  job {job.job_id}")
        for face in job.faces or ():
            box = face.box
            self.screen.say(f"  {face.confidence:6.1%}  {box.width:.0f} x {box.height:.0f} at {box.x:.0f}, {box.y:.0f}")
        for path in saved:
            self.screen.say(f"  saved   {path}")

    def _fail(self, name: str, reason: str) -> None:
        self.screen.complain(f"{name}: {reason}")
        self._count(0, failed=True)

    def _count(self, face_count: int, *, failed: bool) -> None:
        self.tally.done += 1
        self.tally.failed += failed
        self.tally.faces += face_count


def assign_stems(photos: Sequence[PhotoFile], taken: dict[str, str]) -> dict[str, str]:
    """Return a name for each photo's results; equal ones are numbered, and names that are taken stay as they are."""
    used = set(taken.values())
    stems = {}
    for photo in photos:
        stem, number = taken.get(photo.identity), 1
        while stem is None or (photo.identity not in taken and stem in used):
            stem = photo.stem if number == 1 else f"{photo.stem}-{number}"
            number += 1
        used.add(stem)
        stems[photo.identity] = stem
    return stems


def save(path: Path, data: bytes) -> None:
    """Write a file whole or not at all. Raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def append_line(path: Path, line: str) -> int:
    """Append a line, and return how long the file is then. Raise OSError."""
    with path.open("ab") as file:
        file.write(f"{line}\n".encode())
        return file.tell()


def begin_lines(path: Path, size: int) -> None:
    """Cut the file of JSON lines to what is recorded as done: nothing in a run that begins. Raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(size)
