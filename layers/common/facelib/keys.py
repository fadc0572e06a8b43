"""Object keys of both buckets, defined here only."""

from uuid import UUID

from facelib.job import Render

_ORIGINALS = "originals/"
_RESULTS = "results/"


def original(job_id: str) -> str:
    return f"{_ORIGINALS}{job_id}"


def result(job_id: str, render: Render) -> str:
    return f"{_RESULTS}{job_id}/{render}.{'webp' if render is Render.PREVIEW else 'jpg'}"


def is_job_id(text: str) -> bool:
    """Return whether the text is a UUIDv4 in the form this service writes: lower case, with hyphens."""
    try:
        parsed = UUID(text)
    except ValueError:
        return False
    return parsed.version == 4 and str(parsed) == text


def job_id_of_original(key: str) -> str | None:
    """Return the job that an original belongs to, or None for a key that this service never writes."""
    job_id = key.removeprefix(_ORIGINALS)
    return job_id if key.startswith(_ORIGINALS) and is_job_id(job_id) else None
