"""What a function is told by its environment. The one place that reads it."""

import os
from typing import Self

from pydantic import ValidationError

from facelib.job import Frozen, Quality


class SettingsError(Exception):
    """The environment lacks a variable, or one has a value that makes no sense."""


class Settings(Frozen):
    """Each field is read from the environment variable of its name in capitals."""

    @classmethod
    def from_environment(cls) -> Self:
        """Raises SettingsError, which names every variable that is missing or wrong."""
        found = {name: os.environ[name.upper()] for name in cls.model_fields if name.upper() in os.environ}
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            problems = "; ".join(f"{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors())
            raise SettingsError(f"{cls.__name__}: {problems}. Set them in template.yaml.") from None


class AllowedOrigins(Settings):
    """Web origins that may use the service from a browser; `*` alone for any."""

    allowed_origins: str

    def allow(self, origin: str | None) -> bool:
        """Whether a request with this Origin is answered; programs send none, which is no page's doing."""
        allowed = self.allowed_origins.split(",")
        return origin is None or "*" in allowed or origin in allowed


class ApiSettings(AllowedOrigins):
    jobs_table: str
    originals_bucket: str
    results_bucket: str
    detect_queue_url: str
    detector_function: str
    public_url: str
    stream_url: str
    job_kept_days: int


class DetectorSettings(Settings):
    jobs_table: str
    originals_bucket: str
    results_bucket: str
    detector: str
    quality: Quality
    lease_seconds: int
    # Whether the function has a share of the machine by its memory, as on AWS, or all of it, as on the local stack.
    is_processor_shared: bool
    # Megabytes, set by Lambda.
    aws_lambda_function_memory_size: int = 1_769

    @property
    def threads(self) -> int | None:
        """How many are of use: one for every whole processor that Lambda gives, 1,769 MB each; None for all there are.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
        """
        return max(1, self.aws_lambda_function_memory_size // 1_769) if self.is_processor_shared else None


class BroadcasterSettings(Settings):
    jobs_table: str
    connections_table: str
    delivery_queue_url: str
    callback_url: str
    public_url: str
    # What API Gateway lets an account post; raise it together with that quota and the delivery queue's concurrency.
    posts_per_second: int = 10_000


class WebSocketSettings(AllowedOrigins):
    jobs_table: str
    connections_table: str
    delivery_queue_url: str
    callback_url: str
    public_url: str


class DeadLetterSettings(Settings):
    jobs_table: str
