"""The processes in which a stack's emulator runs functions, and their settings."""

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.support.stack import Stack

FUNCTIONS = ("ApiFunction", "DetectorFunction", "DeadLetterFunction", "BroadcasterFunction", "NotifierFunction")


def worker_pids(stack: Stack, function: str) -> list[int]:
    """List the processes of this stack that run this function.

    All stacks use the same function names, so processes are also matched by session ID: each emulator has its own.
    """
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,sess=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    emulator, worker = str(stack.addresses.pid), f"ministack-lambda-{stack.resource(function)}-"
    return [int(pid) for pid, session, command in rows if session == emulator and worker in command]


def kill_workers(stack: Stack, function: str) -> int:
    """Kill every process that runs this function, and return their number."""
    pids = worker_pids(stack, function)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


@contextmanager
def reconfigured(
    stack: Stack, functions: Iterable[str], variables: Mapping[str, str], timeout: int | None = None
) -> Iterator[None]:
    """Within the block, run these functions in new processes with changed environment variables and time-out."""
    client = stack.aws.client("lambda")
    before = [client.get_function_configuration(FunctionName=stack.resource(function)) for function in functions]
    for function in before:
        client.update_function_configuration(
            FunctionName=function["FunctionName"],
            Environment={"Variables": {**function["Environment"]["Variables"], **variables}},
            Timeout=timeout or function["Timeout"],
        )
    try:
        yield
    finally:
        for function in before:
            client.update_function_configuration(
                FunctionName=function["FunctionName"],
                Environment={"Variables": function["Environment"]["Variables"]},
                Timeout=function["Timeout"],
            )


def with_host(url: str, host: str) -> str:
    """Return the URL with its host (and port) replaced by `host`."""
    return urlsplit(url)._replace(netloc=host).geturl()
