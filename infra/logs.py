"""Follows a function's log, on the local stack or on AWS."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from infra.errors import CommandFailed
from infra.local.invoke import deployed_configuration, find
from infra.local.layout import DEFAULT_PORT, LocalStack
from infra.log_lines import readable
from infra.options import Environment, Port
from infra.target import choose_stack
from infra.template import Resource

_SINCE_MINUTES: Final = 10
# CloudWatch may return a line a few seconds later than newer lines of another function instance.
_LATE_MS: Final = 10_000


@dataclass(frozen=True)
class LogGroup:
    """A log group and the CloudWatch Logs client that reads it."""

    name: str
    client: Any
    poll_seconds: float = 1.0

    def follow(self, since_ms: int) -> Iterator[str]:
        """Yield, exactly once, each line that is logged after this time. Runs indefinitely."""
        seen: set[object] = set()
        while True:
            events = {_identity(event): event for event in self._events(since_ms)}
            new = [event for identity, event in events.items() if identity not in seen]
            # The sort is stable: lines of the same millisecond keep their order.
            for event in sorted(new, key=lambda event: int(event["timestamp"])):
                yield str(event["message"]).rstrip()
            since_ms = max([since_ms, *(event["timestamp"] - _LATE_MS for event in events.values())])
            seen = set(events)
            time.sleep(self.poll_seconds)

    def _events(self, since_ms: int) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("filter_log_events").paginate(logGroupName=self.name, startTime=since_ms)
        for page in pages:
            yield from page["events"]


def _identity(event: dict[str, Any]) -> object:
    # The local stack's events do not have ids.
    return event.get("eventId") or (event["logStreamName"], event["timestamp"], event["message"])


def follow(function: Resource, environment: str | None, stack: LocalStack, *, as_json: bool = False) -> None:
    """Print the lines of the last ten minutes, then all new lines.

    Raises CommandFailed if the local stack does not respond, and ClientError or BotoCoreError if a call to AWS fails.
    """
    name = choose_stack(environment, stack, "logs FUNCTION=Detector")
    group = deployed_configuration(function, boto3.Session(), name)["LoggingConfig"]["LogGroup"]
    print(f"Following {group}, starting {_SINCE_MINUTES} minutes ago. Press Ctrl-C to stop.", file=sys.stderr)
    if environment is None and function.name == "WebSocketFunction":
        print(f"The local stack writes this function's log to {stack.log} instead.", file=sys.stderr)
    since_ms = int((time.time() - _SINCE_MINUTES * 60) * 1_000)
    for line in LogGroup(group, boto3.client("logs")).follow(since_ms):
        if (shown := line if as_json else readable(line)) is not None:
            print(shown, flush=True)


def logs(
    function: Annotated[str, typer.Argument(help="The function's name in template.yaml.", show_default=False)],
    environment: Environment = None,
    port: Port = DEFAULT_PORT,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the original JSON lines.")] = False,
) -> None:
    """Follow a function's log until Ctrl-C."""
    try:
        follow(find(function), environment, LocalStack(port), as_json=as_json)
    except (ClientError, BotoCoreError) as error:
        raise CommandFailed(f"The log cannot be read: {error}") from None
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # The reader of the pipe, such as `head`, has closed it.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
