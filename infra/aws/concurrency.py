"""Fits the stack's concurrency to the account: queues and waiting requests must leave some for other calls."""

from collections.abc import Mapping
from typing import Final

from infra.errors import CommandFailed

# In the order in which they are lowered. Detectors are last, because they are the slowest: in a second, one detector
# processes about 3 images, one intake function handles 9 files, and one delivery posts 1,000 frames.
FED_BY_QUEUES: Final = ("DeliveryConcurrency", "IntakeConcurrency", "DetectorConcurrency")
FITTED: Final = (*FED_BY_QUEUES, "WaitingRequests")
RESERVED: Final = ("DetectorReserved", "ApiReserved")
# The lowest maximum concurrency that a queue's event source mapping accepts.
_LEAST: Final = 2
# Shares of the quota in percent; the rest is for the API, the authorizer, the stream's consumers and the WebSocket.
_SHARE: Final = 60
_WAITING_SHARE: Final = 20
# Reservations must leave at least this many executions for all other functions.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_UNRESERVED: Final = 100

ASK_FOR_MORE: Final = "Service Quotas, AWS Lambda, Concurrent executions"


def fit(parameters: Mapping[str, str], executions: int) -> dict[str, str]:
    """Return lower values for the parameters that would leave the API too few of the account's executions."""
    # Reserved detectors do not use the executions that all functions share.
    names = [name for name in FED_BY_QUEUES if name != "DetectorConcurrency" or parameters["DetectorReserved"] == "0"]
    asked = {name: int(parameters[name]) for name in names}
    excess = sum(asked.values()) - executions * _SHARE // 100
    fitted = {}
    for name, wanted in asked.items():
        lowered = max(_LEAST, wanted - max(0, excess))
        excess -= wanted - lowered
        if lowered < wanted:
            fitted[name] = str(lowered)
    if (waiting := executions * _WAITING_SHARE // 100) < int(parameters["WaitingRequests"]):
        fitted["WaitingRequests"] = str(waiting)
    return fitted


def check_reserved(parameters: Mapping[str, str], before: Mapping[str, str], executions: int) -> None:
    """Raise CommandFailed if AWS would refuse the reserved concurrency; AWS itself does so only after minutes."""
    reserved = sum(int(parameters[name]) for name in RESERVED)
    left = executions + sum(int(before.get(name, "0")) for name in RESERVED) - reserved
    if reserved and left < _UNRESERVED:
        raise CommandFailed(
            f"{' and '.join(RESERVED)} cannot reserve {reserved}: that leaves {max(left, 0)} of the account's "
            f"concurrent executions for all other functions, and AWS requires {_UNRESERVED}. "
            f"Request more ({ASK_FOR_MORE}), or set both to 0."
        )
