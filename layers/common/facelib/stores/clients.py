"""boto3 clients, made once a process, with time-outs that leave a function time to say what went wrong."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_QUICK = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=_QUICK)


@cache
def s3() -> "S3Client":
    # Presigned POST forms need Signature Version 4 in every region.
    return boto3.client("s3", config=_QUICK.merge(Config(signature_version="s3v4", read_timeout=20)))


@cache
def sqs() -> "SQSClient":
    return boto3.client("sqs", config=_QUICK)


@cache
def lambda_() -> "LambdaClient":
    # A synchronous detection may take as long as an HTTP request may.
    return boto3.client("lambda", config=Config(connect_timeout=2, read_timeout=28, retries={"total_max_attempts": 1}))


def code_of(error: ClientError) -> str:
    """The service's short name for what went wrong, like `ConditionalCheckFailedException`."""
    return error.response.get("Error", {}).get("Code", "")
