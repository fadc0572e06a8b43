"""Free ports for the servers that tests start."""

from socket import socket


def free_port() -> int:
    """Find a free port."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
