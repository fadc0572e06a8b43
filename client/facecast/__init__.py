"""Clients for a Facecast service: `Client`, and `AsyncClient`, whose methods are the same but are coroutines."""

from facecast.async_client import AsyncClient
from facecast.client import Client
from facecast.errors import (
    Conflict,
    Forbidden,
    JobTimeout,
    NotFound,
    ServiceError,
    ServiceFailed,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from facecast.generated_models import Face
from facecast.models import RENDERS, Event, Failure, Job, Limits, Options, Submission
from facecast.version import __version__

__all__ = [
    "RENDERS",
    "AsyncClient",
    "Client",
    "Conflict",
    "Event",
    "Face",
    "Failure",
    "Forbidden",
    "Job",
    "JobTimeout",
    "Limits",
    "NotFound",
    "Options",
    "ServiceError",
    "ServiceFailed",
    "Submission",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "__version__",
]
