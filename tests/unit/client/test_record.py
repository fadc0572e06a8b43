"""A run resumes from its JSON Lines file and the existing results."""

import json
from pathlib import Path
from typing import Any

import pytest
from facecast.cli.photos import PhotoFile
from facecast.cli.record import HIDDEN, Record


@pytest.fixture
def photos(tmp_path: Path) -> list[PhotoFile]:
    return [PhotoFile(str(tmp_path / f"{name}.jpg"), name) for name in "abc"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return tmp_path / "lines.jsonl"


def line(photo: PhotoFile, out: Path, reason: str | None = None) -> dict[str, Any]:
    """Process a photo as a run does, and return its line in the record."""
    saved = out / f"{photo.stem}-boxes.jpg"
    if reason is None:
        saved.touch()
    return {
        "photo": photo.name,
        "saved": [] if reason else [str(saved)],
        "fingerprint": f"of {photo.stem}",
        "job_id": f"job of {photo.stem}",
        "failure": reason and {"reason": reason, "detail": "It failed."},
    }


@pytest.fixture
def interrupted(lines: Path, out: Path, photos: list[PhotoFile]) -> Record:
    """Return the record of a run that was interrupted after two of three photos."""
    record = Record(lines, out, photos)
    record.begin()
    for photo in photos[:2]:
        record.add(photo, line(photo, out))
    return record


def recorded(path: Path) -> list[str]:
    return [json.loads(text)["job_id"] for text in path.read_text().splitlines()]


@pytest.mark.usefixtures("interrupted")
def test_finished_photos_are_found_by_name_and_content(lines: Path, out: Path, photos: list[PhotoFile]) -> None:
    record = Record(lines, out, photos)
    assert record.resumed == 2
    assert record.find(photos[0], "of a")
    assert record.find(photos[0], "of another content") is None
    assert record.find(photos[2], "of c") is None
    assert sorted(map(str, record.first_saved(out).values())) == ["a-boxes.jpg", "b-boxes.jpg"]


@pytest.mark.usefixtures("interrupted")
def test_a_photo_whose_result_is_missing_is_processed_again(lines: Path, out: Path, photos: list[PhotoFile]) -> None:
    (out / "a-boxes.jpg").unlink()
    record = Record(lines, out, photos)
    assert (record.find(photos[0], "of a"), record.resumed) == (None, 1)


@pytest.mark.usefixtures("interrupted")
def test_a_run_that_saves_results_repeats_photos_of_a_run_that_saved_none(
    lines: Path, tmp_path: Path, photos: list[PhotoFile]
) -> None:
    Record(lines, None, photos).add(photos[2], line(photos[2], tmp_path) | {"saved": []})
    assert Record(lines, None, photos).resumed == 3
    assert Record(lines, tmp_path, photos).resumed == 2


@pytest.mark.parametrize(("reason", "done"), [("corrupt_image", 1), ("internal_error", 0), ("original_missing", 0)])
def test_only_failures_caused_by_the_photo_are_final(
    reason: str, done: int, lines: Path, out: Path, photos: list[PhotoFile]
) -> None:
    Record(lines, out, photos).add(photos[0], line(photos[0], out, reason))
    assert Record(lines, out, photos).resumed == done


def test_the_last_line_of_a_photo_counts_and_is_kept(lines: Path, out: Path, photos: list[PhotoFile]) -> None:
    record = Record(lines, out, photos)
    record.add(photos[0], line(photos[0], out))
    record.add(photos[0], line(photos[0], out) | {"job_id": "later"})
    assert recorded(lines) == ["job of a", "later"]
    record.end(is_complete=False)
    assert recorded(lines) == ["later"]
    record.add(photos[0], line(photos[0], out, "internal_error"))
    assert Record(lines, out, photos).resumed == 0


@pytest.mark.usefixtures("interrupted")
def test_half_a_line_left_by_a_killed_run_is_removed(lines: Path, out: Path, photos: list[PhotoFile]) -> None:
    with lines.open("a") as file:
        file.write('{"photo": "c", "fing')
    record = Record(lines, out, photos)
    record.begin()
    record.add(photos[2], line(photos[2], out))
    assert recorded(lines) == ["job of a", "job of b", "job of c"]


@pytest.mark.usefixtures("interrupted")
def test_a_run_for_other_photos_empties_the_file(lines: Path, out: Path, tmp_path: Path) -> None:
    record = Record(lines, out, [PhotoFile(str(tmp_path / "other.jpg"), "other")])
    record.begin()
    assert lines.read_bytes() == b""


@pytest.mark.parametrize("text", ["old\n", "[1]\n", '{"photo": "a"}\n', "\xff\n", "null\n"])
def test_a_file_of_another_kind_counts_as_empty(text: str, lines: Path, photos: list[PhotoFile]) -> None:
    lines.write_text(text, "latin-1")
    assert Record(lines, None, photos).resumed == 0


def test_without_a_requested_file_a_hidden_file_is_kept_until_all_photos_are_done(
    out: Path, photos: list[PhotoFile]
) -> None:
    record = Record(None, out, photos)
    record.begin()
    assert list(out.iterdir()) == []
    record.add(photos[0], line(photos[0], out))
    hidden = out / HIDDEN
    assert hidden.stat().st_mode & 0o777 == 0o600
    record.end(is_complete=False)
    assert Record(None, out, photos).resumed == 1
    record.end(is_complete=True)
    record.end(is_complete=True)
    assert not hidden.exists()


def test_a_requested_file_is_kept(lines: Path, out: Path, photos: list[PhotoFile]) -> None:
    record = Record(lines, out, photos)
    record.add(photos[0], line(photos[0], out))
    record.end(is_complete=True)
    assert recorded(lines) == ["job of a"]


def test_without_any_output_nothing_is_written(tmp_path: Path, photos: list[PhotoFile]) -> None:
    before = set(tmp_path.iterdir())
    record = Record(None, None, photos)
    record.begin()
    record.add(photos[0], {"photo": "a", "saved": [], "fingerprint": "of a", "job_id": "j"})
    record.end(is_complete=False)
    assert set(tmp_path.iterdir()) == before
