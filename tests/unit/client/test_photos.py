"""Command-line arguments, and the photos that they select."""

import os
from pathlib import Path

import pytest
from facecast.cli.photos import PhotoFile, Unusable, assign_stems, find_photos


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "in/b.JPG", "in/a.png", "in/deep/c.heic", "in/notes.txt", "in/.hidden.jpg", "in/.git/d.jpg"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(*arguments: str, skip: str | None = None) -> list[str]:
    return [one.name for one in find_photos(arguments, Path(skip) if skip else None)]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("a.jpg", ["a.jpg"]),
        ("in", ["in/a.png", "in/b.JPG", "in/deep/c.heic"]),
        ("in/notes.txt", ["in/notes.txt"]),
        ("*.jpg", ["a.jpg"]),
        ("in/*.[jJ]*", ["in/b.JPG"]),
        ("**/*.png", ["in/a.png"]),
        ("-", ["-"]),
    ],
)
def test_files_folders_and_globs_select_photos(argument: str, expected: list[str]) -> None:
    assert names(argument) == expected


def test_a_photo_that_is_given_twice_is_sent_once(folder: Path) -> None:
    assert names("a.jpg", str(folder / "a.jpg"), "./a.jpg", "-", "-") == ["a.jpg", "-"]
    assert names("in", "in/deep", "in/a.png") == ["in/a.png", "in/b.JPG", "in/deep/c.heic"]


def test_a_file_name_with_glob_characters_is_not_a_glob(folder: Path) -> None:
    (folder / "a[1].jpg").touch()
    assert names("a[1].jpg") == ["a[1].jpg"]


@pytest.mark.parametrize(
    ("argument", "reason"),
    [("none.jpg", "file not found"), ("none*", "nothing matches"), ("empty", "no photos in this")],
)
def test_arguments_without_photos_are_reported(folder: Path, argument: str, reason: str) -> None:
    (folder / "empty").mkdir()
    (one,) = find_photos([argument])
    assert isinstance(one, Unusable)
    assert one.name == argument
    assert reason in one.reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_an_unreadable_folder_is_reported(folder: Path) -> None:
    (folder / "in/deep").chmod(0)
    photos = list(find_photos(["in"]))
    assert [type(one) for one in photos] == [PhotoFile, PhotoFile, Unusable]


def test_results_of_an_earlier_run_are_not_photos(folder: Path) -> None:
    (folder / "in/out").mkdir()
    (folder / "in/out/a-boxes.jpg").touch()
    assert "in/out/a-boxes.jpg" not in names("in", skip="in/out")
    assert "in/out/a-boxes.jpg" not in names("in/**/*.jpg", skip="in/out")
    # Results may be saved next to the photos, or in a parent folder; the photos are still found.
    assert names("in", skip="in")[0] == "in/a.png"
    assert names("in", skip=".")[0] == "in/a.png"
    assert names("in/out/a-boxes.jpg", skip="in/out") == ["in/out/a-boxes.jpg"]


def test_results_have_the_folder_structure_of_their_photos() -> None:
    photos = [one for one in find_photos(["a.jpg", "in", "-"]) if isinstance(one, PhotoFile)]
    stems = assign_stems(photos, {})
    assert list(stems.values()) == ["a", "a-2", "b", "deep/c", "stdin"]
    (glob,) = find_photos(["in/*/*.heic"])
    assert isinstance(glob, PhotoFile)
    assert glob.stem == "deep/c"


def test_a_name_assigned_by_an_earlier_run_is_kept(folder: Path) -> None:
    photos = [one for one in find_photos(["a.jpg", "in"]) if isinstance(one, PhotoFile)]
    taken = {photos[1].identity: "a"}
    assert list(assign_stems(photos, taken).values()) == ["a-2", "a", "b", "deep/c"]
