"""The processes in which the emulator runs functions."""

import os
import signal
import subprocess


def worker_pids(function: str) -> list[int]:
    """List the processes that run this function; its physical id is that of one stack alone."""
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
    rows = (line.split(maxsplit=1) for line in listing.stdout.splitlines())
    return [int(pid) for pid, command in rows if function in command and "_worker.py" in command]


def kill_workers(function: str) -> int:
    """Kill every process that runs this function, in the middle of whatever it does, and return how many there were."""
    pids = worker_pids(function)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)
