"""Keys are read from the environment or from a file that only its owner can read."""

from pathlib import Path

import pytest
from facecast.keys import KeyUnusable, find_key

from tests.support.service import KEY


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def test_a_key_is_found(key_file: Path) -> None:
    assert find_key({}) is None
    assert find_key({"FACECAST_KEY": KEY}) == KEY
    assert find_key({"FACECAST_KEY_FILE": str(key_file)}) == KEY
    assert find_key({"FACECAST_KEY": "other"}, key_file) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_can_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyUnusable, match=f"chmod 600 {key_file}"):
        find_key({}, key_file)


@pytest.mark.parametrize("content", [b"", b"\n", b"two words", b"fc_\x1b[31m", "fc_ä".encode(), b"\xff\xfe"])
def test_an_invalid_key_is_refused_and_not_repeated(key_file: Path, content: bytes) -> None:
    key_file.write_bytes(content)
    with pytest.raises(KeyUnusable) as refused:
        find_key({}, key_file)
    assert "\x1b" not in str(refused.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="cannot be read: No such file"):
        find_key({"FACECAST_KEY_FILE": str(tmp_path / "none")})
