"""The object keys in both buckets, which are defined only here."""

import re
import unicodedata
from uuid import UUID

from facelib.domain.renders import DRAWN, Render

_INBOX = "inbox/"
_ORIGINALS = "originals/"
_RESULTS = "results/"


def original(job_id: str) -> str:
    return f"{_ORIGINALS}{job_id}"


def results(job_id: str) -> str:
    """Return the prefix of a job's objects in the results bucket."""
    return f"{_RESULTS}{job_id}/"


def result(job_id: str, render: Render) -> str:
    return f"{results(job_id)}{render}.{render.media_type.suffix}"


def faces_json(job_id: str) -> str:
    return f"{results(job_id)}faces.json"


def all_results(job_id: str) -> tuple[str, ...]:
    """Return every possible key of a job's objects in the results bucket."""
    return (*(result(job_id, render) for render in DRAWN), faces_json(job_id))


def is_job_id(text: str) -> bool:
    """Return whether the text is a UUIDv4 in the form that this service writes: lower case, with hyphens."""
    try:
        parsed = UUID(text)
    except ValueError:
        return False
    return parsed.version == 4 and str(parsed) == text


def job_id_of_original(key: str) -> str | None:
    """Return the id of the job that an original belongs to, or None for a key that this service never writes."""
    job_id = key.removeprefix(_ORIGINALS)
    return job_id if key.startswith(_ORIGINALS) and is_job_id(job_id) else None


# Safe in a table key, an object key, a policy and a log: `alice`, `team-7`, `photos.example.org`.
_OWNER = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def is_owner(text: str) -> bool:
    """Return whether the text is a valid name of an owner."""
    return _OWNER.fullmatch(text) is not None


def inbox(owner: str) -> str:
    """Return the prefix of an owner's objects in the drop folder."""
    return f"{_INBOX}{owner}/"


def owner_of_drop(key: str) -> str | None:
    """Return the owner of an object in the drop folder, `inbox/<owner>/<name>`, or None for any other key."""
    owner, slash, _ = key.removeprefix(_INBOX).partition("/")
    return owner if key.startswith(_INBOX) and slash and is_owner(owner) else None


def is_safe_name(key: str) -> bool:
    """Return whether a key is safe to print on a terminal and to use as a relative path."""
    has_controls = any(unicodedata.category(character) in ("Cc", "Cf") for character in key)
    return not has_controls and not {".", ".."} & set(key.split("/"))
