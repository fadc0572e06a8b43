"""In a folder that others can write to, the client does not follow links."""

import os
from pathlib import Path

import pytest
from facecast.cli import files
from facecast.cli.photos import PhotoFile
from facecast.cli.record import HIDDEN, Record


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text("mine")
    return path


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


def test_a_result_is_complete_and_has_normal_permissions(shared: Path) -> None:
    umask = os.umask(0o022)
    try:
        path = files.save(shared, "party/x-boxes.jpg", b"picture")
    finally:
        os.umask(umask)
    assert path == shared / "party/x-boxes.jpg"
    assert path.read_bytes() == b"picture"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["x-boxes.jpg"]


def test_a_link_with_the_name_of_a_result_is_replaced_and_not_followed(shared: Path, victim: Path) -> None:
    for name in ("x-boxes.jpg", ".x-boxes.jpg.part"):
        (shared / name).symlink_to(victim)
    files.save(shared, "x-boxes.jpg", b"picture")
    assert victim.read_text() == "mine"
    assert not (shared / "x-boxes.jpg").is_symlink()
    assert (shared / "x-boxes.jpg").read_bytes() == b"picture"


def test_a_link_with_the_guessed_temporary_name_is_refused(
    shared: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    (shared / ".guessed.part").symlink_to(victim)
    with pytest.raises(FileExistsError):
        files.save(shared, "x-boxes.jpg", b"picture")
    assert victim.read_text() == "mine"


def test_a_linked_folder_is_not_followed_out_of_the_results(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (shared / "party").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="leads out of the folder"):
        files.save(shared, "party/x-boxes.jpg", b"picture")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_folder_for_results_may_itself_be_a_link(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shared)
    files.save(tmp_path / "link", "x-boxes.jpg", b"picture")
    assert (shared / "x-boxes.jpg").read_bytes() == b"picture"


@pytest.mark.parametrize("name", [HIDDEN, "lines.jsonl"])
def test_the_record_of_a_run_does_not_follow_links(name: str, shared: Path, victim: Path) -> None:
    (shared / name).symlink_to(victim)
    photo = PhotoFile("a.jpg", "a")
    record = Record(None if name == HIDDEN else shared / name, shared, [photo])
    line = {"photo": "a.jpg", "saved": [], "fingerprint": "f", "job_id": "j"}
    if name == HIDDEN:
        record.begin()
        with pytest.raises(OSError, match="symbolic link"):
            record.add(photo, line)
    else:
        record.begin()
        record.add(photo, line)
        assert not (shared / name).is_symlink()
    assert victim.read_text() == "mine"


def test_a_file_that_cannot_be_completed_is_removed(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        files.save(shared, "x-boxes.jpg", b"picture")
    assert list(shared.iterdir()) == []
