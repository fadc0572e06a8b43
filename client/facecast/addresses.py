"""Finds the service: at a given address, or at a local stack that was started in this folder."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_STACK_FILES: Final = ("stack.json", "*/stack.json")
_AT_MOST_BYTES: Final = 65_536
_CONNECT_SECONDS: Final = 0.5


class AddressInvalid(ValueError):
    """The address is not valid; the message shows what a valid one looks like."""


def checked_url(text: str) -> str:
    """Return an HTTP address without a trailing slash. Raises AddressInvalid if the text is not such an address."""
    try:
        parts = urlsplit(text)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise AddressInvalid(
            f"{text!r} is not a valid address; expected, for example, https://faces.example.com"
        ) from None
    if parts.scheme not in {"http", "https"} or not has_host:
        hint = f"http://{text}" if _is_loopback(text.partition(":")[0]) else f"https://{text}"
        raise AddressInvalid(
            f"{text!r} is not a valid address: it must begin with http:// or https://"
            + ("." if "://" in text else f", like {hint}")
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise AddressInvalid(
            "The address may contain only a host and a path, no user name, password, query or fragment. "
            "To pass a key, set FACECAST_KEY."
        )
    return text.rstrip("/")


def local_stack(folder: Path) -> str | None:
    """Return the address of the local stack that was started in this folder or a parent folder, or None.

    Raises AddressInvalid if several stacks answer, or if the file with the address cannot be trusted.
    """
    for each in (folder, *folder.parents):
        if addresses := [_address_in(path) for path in _stack_files(each / ".local")]:
            return _the_one(addresses)
    return None


def _stack_files(state: Path) -> Iterator[Path]:
    """Return the files of local stacks, newest first."""
    paths = [path for pattern in _STACK_FILES for path in state.glob(pattern) if path.is_file()]
    yield from sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)


def _address_in(path: Path) -> str:
    """Return the address in a file, unless others can write to the file: they could redirect photos elsewhere."""
    status = path.stat()
    if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise AddressInvalid(
            f"Others can write to {path}, so it is not trusted. Pass the service's address with --url."
        )
    try:
        url = checked_url(str(json.loads(path.read_bytes()[:_AT_MOST_BYTES])["http_url"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise AddressInvalid(f"{path} does not contain the address of a service. Pass --url.") from None
    if not _is_loopback(urlsplit(url).hostname or ""):
        raise AddressInvalid(f"{path} contains {url}, which is not on this machine. If you trust it, pass --url {url}")
    return url


def _the_one(urls: list[str]) -> str:
    """Choose one of several stacks' addresses: the one that answers, otherwise the newest."""
    if len(urls) == 1:
        return urls[0]
    answering = [url for url in urls if _is_reachable(url)]
    if len(answering) > 1:
        raise AddressInvalid(f"Several local stacks are running. Choose one with --url: {', '.join(answering)}")
    return (answering or urls)[0]


def _is_reachable(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), _CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
