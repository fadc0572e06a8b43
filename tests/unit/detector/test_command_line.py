import json
from pathlib import Path

import pytest
from face_detector.__main__ import main
from face_detector.analyse import analyse
from face_detector.detection.detector import Detector
from facelib.domain.options import Options
from facelib.domain.renders import DRAWN, Render

from tests.support.pictures import astronaut, encoded, resized

PHOTO = encoded(resized(astronaut(), 256, 256))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "one.jpg").write_bytes(PHOTO)
    (tmp_path / "text.jpg").write_bytes(b"not an image")
    (tmp_path / ".hidden").write_bytes(b"skipped")
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_one_line_is_printed_per_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quality", "fast", str(folder)]) == 1, "one of the files is not an image"
    good, bad = lines(capsys)
    assert good["file"] == str(folder / "inner" / "one.jpg")
    assert (good["width"], good["height"]) == (256, 256)
    (face,) = list(good["faces"])  # type: ignore[call-overload]
    assert set(face) == {"box", "box_ratio", "confidence", "landmarks", "pose", "quality"}
    assert good["timings_ms"]
    assert bad["file"] == str(folder / "text.jpg")
    assert bad["failure"] == {
        "reason": "unsupported_format",
        "detail": "This is a text file. Send one of jpeg, png, webp, gif, avif, heic.",
    }


def test_results_are_drawn_independently(
    folder: Path, tmp_path: Path, fast: Detector, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert (
        main(
            [
                *("--detector", "centerface", "--quality", "fast", "--render", str(out), "--blur-strength", "5"),
                *(part for render in DRAWN for part in ("--draw", render)),
                str(folder / "inner"),
            ]
        )
        == 0
    )
    names = [f"one.jpg.{render}.{'webp' if render is Render.PREVIEW else 'jpg'}" for render in DRAWN]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    one = Options(render=(Render.BLUR,), blur_strength=5)
    assert (out / "one.jpg.blur.jpg").read_bytes() == analyse(PHOTO, one, fast).results[Render.BLUR]
    assert len(lines(capsys)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jpg"], "File not found: nowhere.jpg"),
        (["--min-confidence", "7", "."], "min_confidence"),
        (["--max-faces", "0", "."], "max_faces"),
        (["--blur-strength", "6", "."], "blur_strength"),
        (["--detector", "yunet", "--model-file", "nowhere.onnx", "."], "make model MODEL=yunet"),
    ],
)
def test_invalid_arguments_are_reported(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
