"""The service's address: which addresses are valid, and which stack file is trusted."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from facecast.addresses import AddressInvalid, checked_url, local_stack


@pytest.mark.parametrize(
    "url", ["http://localhost:4802/_aws/execute-api/face0001", "https://faces.example.com", "http://[::1]:80/x"]
)
def test_a_trailing_slash_is_removed_from_an_address(url: str) -> None:
    assert checked_url(url) == checked_url(f"{url}/") == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("localhost:4802", "like http://localhost:4802$"),
        ("faces.example.com", "like https://faces.example.com$"),
        ("ftp://faces.example.com", "must begin with http"),
        ("https://", "must begin with http"),
        ("http://localhost:99999", "is not a valid address"),
        ("http://[::1", "is not a valid address"),
        ("https://me:secret@faces.example.com", "To pass a key, set FACECAST_KEY"),
        ("https://faces.example.com/?key=1", "To pass a key, set FACECAST_KEY"),
    ],
)
def test_an_invalid_address_is_reported_with_a_valid_example(text: str, message: str) -> None:
    with pytest.raises(AddressInvalid, match=message):
        checked_url(text)


def stack_file(folder: Path, url: str, port: str = "") -> Path:
    path = folder / ".local" / port / "stack.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"http_url": url}))
    path.chmod(0o644)
    return path


@pytest.fixture
def listening() -> Iterator[list[str]]:
    """Yield two addresses that accept connections."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        yield [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (one, two)]


def test_a_stack_on_any_port_is_found_from_a_subfolder(tmp_path: Path) -> None:
    assert local_stack(tmp_path) is None
    stack_file(tmp_path, "http://localhost:4802/api", "4802")
    (tmp_path / "photos" / "2026").mkdir(parents=True)
    assert local_stack(tmp_path / "photos" / "2026") == "http://localhost:4802/api"


def test_the_stack_that_answers_is_chosen(tmp_path: Path, listening: list[str], free_port: int) -> None:
    gone = f"http://127.0.0.1:{free_port}"
    stack_file(tmp_path, listening[0], "4802")
    newest = stack_file(tmp_path, gone)
    os.utime(newest, (4e9, 4e9))
    assert local_stack(tmp_path) == listening[0]
    stack_file(tmp_path, listening[1], "4803")
    with pytest.raises(AddressInvalid, match="Several local stacks are running"):
        local_stack(tmp_path)


def test_if_no_stack_answers_the_newest_is_chosen(tmp_path: Path, free_port: int) -> None:
    stack_file(tmp_path, f"http://127.0.0.1:{free_port}/old", "4802")
    newest = stack_file(tmp_path, f"http://127.0.0.1:{free_port}/new")
    os.utime(newest, (4e9, 4e9))
    assert local_stack(tmp_path) == f"http://127.0.0.1:{free_port}/new"


@pytest.mark.parametrize("url", ["http://evil.example/api", "http://localhost.evil.example", "http://10.0.0.1:4566"])
def test_a_stack_file_must_point_to_this_machine(tmp_path: Path, url: str) -> None:
    stack_file(tmp_path, url)
    with pytest.raises(AddressInvalid, match=f"not on this machine. If you trust it, pass --url {url}"):
        local_stack(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"http_url": "localhost"}', '{"http_url": null}', "\x00"])
def test_a_stack_file_without_an_address_is_reported(tmp_path: Path, content: str) -> None:
    stack_file(tmp_path, "").write_text(content)
    with pytest.raises(AddressInvalid, match="does not contain the address"):
        local_stack(tmp_path)


def test_a_stack_file_that_others_can_write_is_not_trusted(tmp_path: Path) -> None:
    stack_file(tmp_path, "http://localhost:4566").chmod(0o666)
    with pytest.raises(AddressInvalid, match="Others can write to"):
        local_stack(tmp_path)
