"""The target of a deployment: the account, the Region, and its quota for concurrent executions."""

import os
from dataclasses import dataclass

import boto3
from botocore.exceptions import ClientError

from infra.errors import NO_REGION, CommandFailed


def region() -> str:
    """Return the configured Region, and set it for all clients. Raises CommandFailed if no Region is configured.

    The AWS CLI also reads AWS_REGION, which boto3 and SAM do not.
    """
    chosen = os.environ.get("AWS_REGION") or boto3.Session().region_name
    if not chosen:
        raise CommandFailed(NO_REGION)
    os.environ["AWS_DEFAULT_REGION"] = chosen
    return chosen


@dataclass(frozen=True)
class Account:
    """An account in a Region; `executions` is None if the caller may not read its Lambda quota."""

    number: str
    caller: str
    region: str
    executions: int | None

    @classmethod
    def of_caller(cls) -> "Account":
        """Read the account from AWS.

        Raises CommandFailed if no Region is configured, and ClientError or BotoCoreError for invalid credentials.
        """
        chosen = region()
        identity = boto3.client("sts").get_caller_identity()
        return cls(identity["Account"], identity["Arn"], chosen, _executions())

    def __str__(self) -> str:
        return f"account     {self.number}, as {self.caller}\nregion      {self.region}"


def _executions() -> int | None:
    """Return the quota for concurrent executions, minus the reservations of other functions."""
    try:
        limits = boto3.client("lambda").get_account_settings()["AccountLimit"]
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"]["Code"]:
            raise
        return None
    return limits["UnreservedConcurrentExecutions"]
