"""boto3 clients, created once per process. Their time-outs are short enough for a function to report a failure."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from facelib.domain.errors import ObjectMissing
from facelib.settings import is_local
from facelib.stores.threads import THREADS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Without a user agent, botocore composes one for each request, which takes a tenth of a millisecond.
_USER_AGENT: Final = "facecast"
_QUICK: Final = Config(
    user_agent=_USER_AGENT,
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=THREADS,
    retries={"mode": "standard", "total_max_attempts": 3},
)

# Presigned URLs contain the bucket's Region. By default, botocore would presign them for the global endpoint, which
# refuses buckets in Regions opened since 2019. For others, it redirects to a host for which the signature is invalid. A
# local stack has one host for all Regions. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
_REGIONAL: Final = Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})

# A response to HEAD has no body, so only the status is known.
_OBJECT_MISSING: Final = frozenset({"404", "NoSuchKey", "412", "PreconditionFailed"})


@cache
def session() -> boto3.Session:
    """Return the session that all clients share, because a new one would load the AWS service descriptions again."""
    return boto3.Session()


@cache
def dynamodb() -> "DynamoDBClient":
    return session().client("dynamodb", config=_QUICK)


@cache
def s3() -> "S3Client":
    # Presigned POST forms need Signature Version 4 in every Region.
    config = _QUICK.merge(Config(signature_version="s3v4", read_timeout=20))
    return session().client("s3", config=config if is_local() else config.merge(_REGIONAL))


@cache
def sqs() -> "SQSClient":
    return session().client("sqs", config=_QUICK)


@cache
def event_bridge() -> "EventBridgeClient":
    return session().client("events", config=_QUICK)


@cache
def lambda_() -> "LambdaClient":
    # An API client waits while this call detects faces, so the time-out is slightly below that of an HTTP request.
    return session().client(
        "lambda",
        config=Config(user_agent=_USER_AGENT, connect_timeout=2, read_timeout=28, retries={"total_max_attempts": 1}),
    )


@contextmanager
def missing_object() -> Iterator[None]:
    """Raise ObjectMissing if S3 does not have the object, or has it with a different ETag than `IfMatch`."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in _OBJECT_MISSING:
            raise
        raise ObjectMissing from None


def code_of(error: ClientError) -> str:
    """Return the error code that the service sent, such as `ConditionalCheckFailedException`."""
    return error.response.get("Error", {}).get("Code", "")
