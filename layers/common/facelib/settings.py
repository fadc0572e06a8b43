"""Settings of the functions. Only this module reads the environment."""

import os
from datetime import timedelta
from typing import Self

from pydantic import ValidationError

from facelib.domain import limits
from facelib.domain.access import Access
from facelib.domain.frozen import Frozen
from facelib.domain.job import Quality
from facelib.domain.validation import describe_errors


class SettingsError(Exception):
    """An environment variable is missing or not valid."""


def is_local() -> bool:
    """Return whether the AWS clients use a local stack, whose address is in the environment."""
    return "AWS_ENDPOINT_URL" in os.environ


def is_traced() -> bool:
    """Return whether handlers send traces to X-Ray (the parameter `Tracing`)."""
    return os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() != "true"


class Settings(Frozen):
    """Base class of the settings. Each field is read from the environment variable of the same name in upper case."""

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings. Raises SettingsError, which names every missing or invalid variable."""
        variables = {name: os.environ[name.upper()] for name in cls.model_fields if name.upper() in os.environ}
        try:
            return cls.model_validate(variables)
        except ValidationError as error:
            problems = describe_errors(error, str.upper)
            raise SettingsError(
                f"{cls.__name__}: {problems}. Set these environment variables in template.yaml."
            ) from None


class Retention(Settings):
    """Retention of a job, its original and its results."""

    job_kept_days: int

    @property
    def retention(self) -> timedelta:
        return timedelta(days=self.job_kept_days)


class AuthorizerSettings(Settings):
    keys_table: str
    access_table: str


class AllowedOrigins(Settings):
    """Web origins that may use the service from a browser, separated by commas; `*` allows any."""

    allowed_origins: str

    def allow(self, origin: str | None) -> bool:
        """Return whether requests of this Origin are allowed; a request without one does not come from a web page."""
        allowed = self.allowed_origins.split(",")
        return origin is None or "*" in allowed or origin in allowed


class ApiSettings(AllowedOrigins, Retention):
    access: Access
    access_table: str
    jobs_table: str
    originals_bucket: str
    results_bucket: str
    detect_queue_url: str
    detector_function: str
    # Names separated by commas; the API itself does not contain a model.
    detection_models: str = ""
    public_url: str
    stream_url: str
    index_shards: int = limits.INDEX_SHARDS
    # Maximum number of requests that wait for a result at the same time.
    waiting_requests: int = 100


class DetectorSettings(Settings):
    jobs_table: str
    originals_bucket: str
    results_bucket: str
    detector: str
    quality: Quality
    lease_seconds: int
    public_url: str
    # Whether a function gets processor time in proportion to its memory, as on AWS. On the local stack, it can use the
    # whole machine.
    is_processor_shared: bool
    # In megabytes, set by Lambda.
    aws_lambda_function_memory_size: int = 1_769

    @property
    def threads(self) -> int | None:
        """The number of threads worth using, or None for no limit: Lambda gives one vCPU for every 1,769 MB.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
        """
        return max(1, self.aws_lambda_function_memory_size // 1_769) if self.is_processor_shared else None


class StreamSettings(Settings):
    """Settings of both functions that post to listeners."""

    jobs_table: str
    connections_table: str
    delivery_queue_url: str
    callback_url: str
    public_url: str
    index_shards: int = limits.INDEX_SHARDS


class BroadcasterSettings(StreamSettings):
    # The account's API Gateway quota. If it is raised, raise the delivery queue's concurrency as well.
    posts_per_second: int = 10_000


class WebSocketSettings(StreamSettings, AllowedOrigins):
    access: Access
    keys_table: str


class DeadLetterSettings(Settings):
    jobs_table: str
    originals_bucket: str
    results_bucket: str


class NotifierSettings(Settings):
    event_bus: str
    notify_queue_url: str
    failure_queue_url: str
    public_url: str
    results_bucket: str


class IntakeSettings(Retention):
    jobs_table: str
    originals_bucket: str
    index_shards: int = limits.INDEX_SHARDS
