"""The benchmark that compares our decoding with other decoders, tested with a few files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.files import __main__ as run
from benchmarks.files.look import Row, look, row_of
from tests.support import bad_looks
from tests.support.odd_images import chunk
from tests.support.pictures import astronaut, encoded, turned
from tests.support.profiles import PROFILES

P3 = PROFILES["Display P3"].icc
PICTURE = astronaut()[:96, :128]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIC"])
def test_files_of_every_format_are_decoded_as_other_libraries_decode_them(form: str) -> None:
    row = look(turned(PICTURE, 6, form) if form == "JPEG" else encoded(PICTURE, form), "name")
    assert (row.outcome, row.width, row.height) == ("accepted", 128, 96)
    assert row.difference is not None
    assert row.difference < 1
    assert row.others == ("Pillow" if form == "HEIC" else "Pillow+OpenCV")
    assert (row.second is None) == (form == "HEIC")


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK", "P"])
def test_the_detector_and_the_other_libraries_both_apply_profiles(mode: str) -> None:
    image = Image.fromarray(PICTURE).convert(mode)
    row = look(encoded(image, "JPEG" if mode == "CMYK" else "PNG", icc_profile=P3), "name")
    assert row.colours == ("" if mode == "CMYK" else "ICC")
    assert row.difference is not None
    # Pillow does not apply an RGB profile to a grey picture.
    assert row.difference < (3 if mode == "L" else 1.5)


def test_a_picture_that_is_decoded_differently_is_reported() -> None:
    plain = encoded(PICTURE, "PNG")
    row = look(plain[:33] + chunk(b"cICP", bytes((12, 13, 0, 1))) + plain[33:], "name")
    assert row.colours == "named"
    assert row.second == 0
    assert row.difference is not None
    assert row.difference > 1


def test_a_folder_is_summarised(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "good.jpg").write_bytes(encoded(PICTURE, icc_profile=P3))
    (tmp_path / "cut.JPG").write_bytes(encoded(np.tile(PICTURE, (4, 4, 1)))[:-9_000])
    (tmp_path / "words.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_bytes(b"not looked at")
    run.main([str(tmp_path)])
    out = capfd.readouterr().out
    lines = [line.split("\t") for line in out.splitlines() if "\t" in line]
    assert {cells[0]: cells[1] for cells in lines[1:]} == {
        "below/good.jpg": "accepted",
        "cut.JPG": "corrupt_image",
        "words.png": "unsupported_format",
    }
    assert "3 files: 1 accepted, 1 corrupt_image, 1 unsupported_format" in out
    assert "Pillow and ICC: 1 compared, 100.0% differ by at most 3 levels, 0 by more than 8" in out


def test_a_process_that_crashes_fails_or_hangs_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(PICTURE))
    crashed = row_of(tmp_path / "a.jpg", "a.jpg", 60, bad_looks.crash)
    failed = row_of(tmp_path / "a.jpg", "a.jpg", 60, bad_looks.fail)
    hung = row_of(tmp_path / "a.jpg", "a.jpg", 0.1, bad_looks.hang)
    assert [row.outcome for row in (crashed, failed, hung)] == ["crashed", "crashed", "hung"]
    assert failed.detail == "ZeroDivisionError()"
    assert crashed.file == failed.file == hung.file == "a.jpg"


def test_large_differences_are_listed() -> None:
    far = Row(file="far.png", outcome="accepted", difference=9.0)
    named = Row(file="named.png", outcome="accepted", difference=20.0, colours="named")
    text = "\n".join(run.summary([far, named, Row(file="near.png", outcome="accepted", difference=0.5)]))
    assert "Pillow and ICC: 2 compared, 50.0% differ by at most 3 levels, 1 by more than 8" in text
    assert text.index("Unlike Pillow:") < text.index("far.png") < text.index("which ignores")
