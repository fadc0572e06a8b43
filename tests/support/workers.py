"""The processes in which a stack's emulator runs functions."""

import os
import signal
import subprocess

from tests.support.stack import Stack


def worker_pids(stack: Stack, function: str) -> list[int]:
    """List the processes that run this function of the template, in this stack only.

    All stacks use the same function names, so processes are matched by session: each emulator leads its own.
    """
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,sess=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=2) for line in listing.stdout.splitlines())
    emulator, worker = str(stack.addresses.pid), f"ministack-lambda-{stack.resource(function)}-"
    return [int(pid) for pid, session, command in rows if session == emulator and worker in command]


def kill_workers(stack: Stack, function: str) -> int:
    """Kill every process that runs this function, wherever it is, and return how many there were."""
    pids = worker_pids(stack, function)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)
