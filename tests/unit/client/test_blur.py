"""`facecast blur` hides the faces in photos on this machine, without a service."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from facecast.cli import blur, main
from facecast.cli.record import HIDDEN
from facecast.local import Hidden, LocalDetector, PhotoRejected
from PIL import Image

from tests.support.photos import one_face
from tests.support.pictures import astronaut, compose, encoded, resized

SMALL = (160, 160)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def detector() -> LocalDetector:
    return LocalDetector()


class Marker:
    """A fake detector for tests of file handling: it hides one face, or raises an error for certain file contents."""

    def __init__(self, *_: object, **__: object) -> None:
        self.seen: list[bytes] = []

    def hide(self, data: bytes) -> Hidden:
        if data == b"interrupt":
            raise KeyboardInterrupt
        if data == b"broken":
            raise PhotoRejected("corrupt_image", "The file is damaged.")
        self.seen.append(data)
        return Hidden(b"hidden " + data, 1)


@pytest.fixture
def marker(monkeypatch: pytest.MonkeyPatch) -> Marker:
    marker = Marker()
    monkeypatch.setattr(blur, "_detector", lambda *_: marker)
    return marker


def put(**photos: bytes) -> None:
    Path("photos").mkdir(exist_ok=True)
    for name, content in photos.items():
        Path("photos", name.replace("_", ".")).write_bytes(content)


def results() -> dict[str, bytes]:
    return {str(path.relative_to("out")): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}


def test_all_faces_are_hidden_and_the_photo_keeps_its_size(detector: LocalDetector) -> None:
    photo, _ = compose(360, 280, [(48, 60, 80), (200, 120, 104)])
    hidden = detector.hide(encoded(photo))
    assert hidden.face_count >= 2
    picture = Image.open(io.BytesIO(hidden.jpeg))
    assert (picture.format, picture.size, len(picture.getexif())) == ("JPEG", (360, 280), 0)
    shown = np.asarray(picture).astype(int)
    changed = np.abs(shown - photo.astype(int)).max(axis=2) > 40
    assert changed[60:140, 48:128].any()
    assert changed[120:224, 200:304].any()


def test_unusable_files_are_rejected_with_a_reason(detector: LocalDetector) -> None:
    for data, reason in ((b"", "empty_file"), (b"Dear Sir", "unsupported_format"), (one_face()[:9_000], "corrupt")):
        with pytest.raises(PhotoRejected, match=reason):
            detector.hide(data)


def test_a_render_that_does_not_hide_faces_is_refused() -> None:
    with pytest.raises(ValueError, match="boxes does not hide faces; choose one of blur, pixelate, solid"):
        LocalDetector("boxes")


def test_names_are_kept_and_other_formats_become_jpeg(marker: Marker, capsys: pytest.CaptureFixture[str]) -> None:
    put(a_jpg=b"1", a_png=b"2", b_JPEG=b"3", c_heic=b"4", notes_txt=b"no photo")
    Path("photos/deep").mkdir()
    Path("photos/deep/a.jpg").write_bytes(b"5")
    assert main(["blur", "photos", "--out", "out"]) == 0
    assert results() == {
        "a.jpg": b"hidden 1",
        "a-2.jpg": b"hidden 2",
        "b.JPEG": b"hidden 3",
        "c.jpg": b"hidden 4",
        "deep/a.jpg": b"hidden 5",
    }
    said = capsys.readouterr()
    assert "out/c.jpg  1 face" in said.out.splitlines()
    assert said.err.startswith("facecast: 5 of 5 photos, 5 faces hidden, in ")


def test_a_bad_photo_has_no_result_and_does_not_stop_others(marker: Marker, capsys: pytest.CaptureFixture[str]) -> None:
    put(a_jpg=b"broken", b_jpg=b"fine")
    assert main(["blur", "photos", "missing.jpg", "--out", "out", "--json"]) == 1
    assert results() == {"b.jpg": b"hidden fine"}
    said = capsys.readouterr()
    line = json.loads(said.out)
    assert (line["photo"], line["saved"], line["face_count"]) == ("photos/b.jpg", ["out/b.jpg"], 1)
    assert said.err.splitlines()[:2] == [
        "facecast: missing.jpg: file not found",
        "facecast: photos/a.jpg: corrupt_image: The file is damaged.",
    ]


def test_an_interrupted_run_is_resumed_by_the_same_command(marker: Marker, capsys: pytest.CaptureFixture[str]) -> None:
    put(a_jpg=b"1", b_jpg=b"interrupt", c_jpg=b"3")
    command = ["blur", "photos", "--out", "out"]
    assert main(command) == 130
    assert "1 of 3 photos are finished. Run the same command again to resume." in capsys.readouterr().err
    assert set(results()) == {"a.jpg", HIDDEN}
    put(b_jpg=b"2")
    assert main(command) == 0
    assert marker.seen == [b"1", b"2", b"3"]
    assert set(results()) == {"a.jpg", "b.jpg", "c.jpg"}


def test_different_options_start_a_new_run(marker: Marker) -> None:
    put(a_jpg=b"1", b_jpg=b"interrupt")
    assert main(["blur", "photos", "--out", "out"]) == 130
    put(b_jpg=b"2")
    assert main(["blur", "photos", "--out", "out", "--render", "solid"]) == 0
    assert marker.seen == [b"1", b"1", b"2"]
    assert set(results()) == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photos"], "--out"),
        (["photos", "--out", "photos"], "would overwrite the photo photos/a.jpg"),
        (["photos/a.jpg", "--out", "photos"], "would overwrite the photo photos/a.jpg"),
        (["photos", "--out", "photos/a.jpg"], "is a file; choose a folder"),
        (["photos", "--out", "out", "--render", "boxes"], "boxes is not one of blur, pixelate, solid"),
        (["photos", "--out", "out", "--size", "huge"], "huge is not one of original, fit"),
        (["photos", "--out", "out", "--blur-strength", "6"], "should be less than or equal to 5"),
    ],
)
def test_invalid_arguments_are_a_usage_error(
    arguments: list[str], message: str, marker: Marker, capsys: pytest.CaptureFixture[str]
) -> None:
    put(a_jpg=b"1")
    assert main(["blur", *arguments]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert Path("photos/a.jpg").read_bytes() == b"1"


def test_without_the_libraries_the_error_explains_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "facecast.local")
    monkeypatch.setitem(sys.modules, "face_detector.analyse", None)
    put(a_jpg=b"1")
    assert main(["blur", "photos", "--out", "out"]) == 1
    assert "pip install 'facecast[local]'" in capsys.readouterr().err


def test_the_command_finds_faces_with_the_real_detector(capsys: pytest.CaptureFixture[str]) -> None:
    put(a_png=encoded(resized(astronaut()[:256, 80:336], *SMALL), "PNG"))
    assert main(["blur", "photos", "--out", "out"]) == 0
    assert Image.open(io.BytesIO(Path("out/a.jpg").read_bytes())).size == SMALL
    assert "1 face" in capsys.readouterr().out
