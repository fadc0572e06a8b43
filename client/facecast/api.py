"""The service's HTTP API: send photos, ask for jobs, fetch results."""

import mimetypes
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import httpx

PATIENCE_SECONDS: Final = 180.0
_POLL_SECONDS: Final = 0.5
# The API ends a request after 30 seconds.
_TIMEOUT: Final = httpx.Timeout(40, write=300)


class ServiceError(Exception):
    """A call failed; the message says why, in the service's own words where it gave some."""


@dataclass(frozen=True)
class Options:
    """What to do with a photo; None leaves a choice to the service."""

    render: tuple[str, ...] = ("boxes",)
    min_confidence: float | None = None
    max_faces: int | None = None

    def given(self) -> dict[str, Any]:
        numbers = {"min_confidence": self.min_confidence, "max_faces": self.max_faces}
        return {"render": list(self.render)} | {name: one for name, one in numbers.items() if one is not None}


@dataclass(frozen=True)
class Limits:
    direct_upload_bytes: int
    presigned_upload_bytes: int
    wait_seconds: int
    replay_limit: int
    stream_url: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Face:
    """Its box in pixels of the upright image, and the confidence from 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    confidence: float

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data["box"], confidence=data["confidence"])


@dataclass(frozen=True)
class Failure:
    reason: str
    detail: str


@dataclass(frozen=True)
class Job:
    """A job; `data` is all the service said of it. Jobs in a list come without their faces."""

    job_id: str
    status: str
    render: tuple[str, ...]
    face_count: int | None
    faces: tuple[Face, ...]
    failure: Failure | None
    data: Mapping[str, Any]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        failure = data["failure"]
        return cls(
            job_id=data["job_id"],
            status=data["status"],
            render=tuple(data["options"]["render"]),
            face_count=data["face_count"],
            faces=tuple(Face.of(one) for one in data.get("faces") or ()),
            failure=Failure(failure["reason"], failure["detail"]) if failure else None,
            data=data,
        )

    @property
    def is_final(self) -> bool:
        return self.status in {"completed", "failed"}


class Service:
    """A service at an address. Every method raises ServiceError. Threads may share it."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @cached_property
    def limits(self) -> Limits:
        return Limits.of(self._json("GET", "limits"))

    def detect(self, photo: Path, options: Options, patience: float = PATIENCE_SECONDS) -> Job:
        """Send a photo whichever way takes its size, and give the job once it has ended."""
        size = photo.stat().st_size
        if size > self.limits.presigned_upload_bytes:
            raise ServiceError(
                f"The file has {size:,} bytes; at most {self.limits.presigned_upload_bytes:,} are allowed."
            )
        if size > self.limits.direct_upload_bytes:
            return self._wait_for(self._send_to_bucket(photo, options), patience)
        said = self._json(
            "POST",
            "image",
            data=options.given(),
            files={"file": (photo.name, photo.read_bytes())},
            headers={"Prefer": f"wait={self.limits.wait_seconds}"},
        )
        # A job that has not ended by then is told of in short.
        return Job.of(said) if "options" in said else self._wait_for(said["job_id"], patience)

    def job(self, job_id: str) -> Job:
        return Job.of(self._json("GET", f"jobs/{job_id}"))

    def jobs(self, status: str | None = None) -> Iterator[Job]:
        """Newest first, page after page."""
        query = {"status": status} if status else {}
        while True:
            page = self._json("GET", "jobs", params=query)
            yield from map(Job.of, page["jobs"])
            if not page["next_cursor"]:
                return
            query |= {"cursor": page["next_cursor"]}

    def result(self, job_id: str, render: str) -> bytes:
        """A JPEG."""
        path = f"jobs/{job_id}/processed-image"
        return self._call("GET", path, params={"render": render}, follow_redirects=True).content

    def delete(self, job_id: str) -> None:
        self._call("DELETE", f"jobs/{job_id}")

    def retry(self, job_id: str) -> None:
        self._call("POST", f"jobs/{job_id}/retry")

    def _send_to_bucket(self, photo: Path, options: Options) -> str:
        """API Gateway takes no large bodies; the bucket does, by a form that the API signs."""
        granted = self._json("POST", "uploads", json={"options": options.given()})
        media_type = mimetypes.guess_type(photo)[0] or ""
        # The detector looks at the bytes, whatever a file calls itself.
        kind = media_type if media_type.startswith("image/") else "image/jpeg"
        with photo.open("rb") as file:
            self._call(
                "POST",
                granted["upload"]["url"],
                data={"Content-Type": kind, **granted["upload"]["fields"]},
                files={"file": (photo.name, file)},
            )
        return str(granted["job_id"])

    def _wait_for(self, job_id: str, patience: float) -> Job:
        deadline = time.monotonic() + patience
        while not (job := self.job(job_id)).is_final:
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"Job {job_id} is {job.status} still. `facecast listen --job {job_id}` tells its end."
                )
            time.sleep(_POLL_SECONDS)
        return job

    def _json(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own
        answer = self._call(method, path, **request)
        try:
            return dict(answer.json())
        except ValueError:
            raise ServiceError(f"{self._url} is no Facecast service: it answered with something else.") from None

    def _call(self, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401
        try:
            answer = self._http.request(method, path, **request)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ServiceError(f"{self._url} could not be reached: {error}") from None
        if answer.is_error:
            raise ServiceError(_detail(answer))
        return answer


def _detail(answer: httpx.Response) -> str:
    """The detail of a problem+json (RFC 9457)."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url.copy_with(query=None)} answered {answer.status_code} {answer.reason_phrase}."
