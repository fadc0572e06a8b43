"""The benchmark measures correctly, in a small run without other libraries."""

import json
from pathlib import Path

import pytest

from benchmarks.detectors import __main__ as run
from benchmarks.detectors import passes
from benchmarks.detectors.score import Detections, average_precision, match
from benchmarks.detectors.truth import boxes, from_wider
from tests.support.pictures import astronaut, encoded

WIDER = """a/one.jpg
2
176 58 98 122 0 0 0 0 0 0
10 10 5 5 2 0 0 1 2 0
a/faceless.jpg
0
0 0 0 0 0 0 0 0 0 0
a/missing.jpg
1
1 2 3 4 0 0 0 0 0 0
"""


def detections(*rows: list[float]) -> Detections:
    """Create detections from rows of left, top, width, height and score."""
    return Detections.of([row[:4] for row in rows], [row[4] for row in rows])


def test_average_precision_equals_a_calculation_by_hand() -> None:
    truth = boxes([[0, 0, 10, 10], [100, 0, 10, 10]])
    several = detections([0, 0, 10, 10, 0.9], [50, 50, 10, 10, 0.8], [100, 1, 10, 10, 0.7], [0, 1, 10, 10, 0.6])
    matches = match(several, truth, boxes([]), 0.5)
    assert matches.is_detected.all()
    # The detections are correct, wrong, correct, and a duplicate, which is also wrong. Average precision:
    # 1/2 x 1 + 1/2 x 2/3.
    assert matches.is_right.tolist() == [True, False, True, False]
    assert average_precision([matches], 2) == pytest.approx(1 / 2 + 1 / 3)


def test_detections_on_ignored_boxes_do_not_count() -> None:
    assert len(match(detections([0, 0, 10, 10, 0.9]), boxes([]), boxes([[0, 0, 10, 10]]), 0.5).scores) == 0


def test_average_precision_without_detections_is_zero() -> None:
    assert average_precision([match(detections(), boxes([[0, 0, 1, 1]]), boxes([]), 0.5)], 1) == 0


@pytest.fixture
def wider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run, "PHOTO_RUNS", 1)
    monkeypatch.setattr(run, "PHOTO_WIDTH", 400)
    (tmp_path / "a").mkdir()
    for name in ("one", "faceless"):
        (tmp_path / "a" / f"{name}.jpg").write_bytes(encoded(astronaut()))
    (tmp_path / "truth.txt").write_text(WIDER)
    return tmp_path


def test_the_format_of_wider_face_is_read(wider: Path) -> None:
    one, faceless = from_wider(wider / "truth.txt", wider)
    assert one.faces.tolist() == [[176, 58, 98, 122]]
    assert one.ignored.tolist() == [[10, 10, 5, 5]]
    assert len(faceless.faces) == 0


def test_a_run_writes_tables_and_a_chart(wider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--images", str(wider), "--truth", str(wider / "truth.txt"), "--limit", "1", "--threads", "1"]
    outputs = ["--markdown", str(wider / "b.md"), "--chart", str(wider / "b.svg")]
    assert run.main([*data, "--detectors", "centerface-fast", "--peers", *outputs]) == 0
    assert "| centerface-fast | OpenCV 5" in (wider / "b.md").read_text()
    assert "| 1.000 | 1.000 | 1.000 |" in capsys.readouterr().out
    assert "</svg>" in (wider / "b.svg").read_text()


def test_a_plain_folder_of_photos_is_timed(wider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--images", str(wider), "--threads", "1", "--detectors", "centerface-fast", "--peers"]) == 0
    text = capsys.readouterr().out
    assert "2 images, 0 faces" in text
    assert "| centerface-fast | 1 |" in text
    assert "AP from" not in text


def test_two_passes_are_compared_with_one(wider: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--images", str(wider), "--truth", str(wider / "truth.txt"), "--limit", "1", "--scales", "1"]
    data += ["--found", str(wider / "found"), "--chart", str(wider / "passes.svg"), "--coarse", "256:20", "224+448:36"]
    assert passes.main([*data, "--detectors", "centerface-fast"]) == 0
    text = capsys.readouterr().out
    assert "Photos: 1, faces: 1, portraits: 1, scaled by 1." in text
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| centerface")]
    ways = ("one-pass", "two-passes", "256:20")
    assert [row[0] for row in rows] == [f"centerface-fast-{way}" for way in ways], (
        "the alternative for two networks is not used with one network"
    )
    assert {row[1] for row in rows} == {"1.000/1.000/1.000"}
    shares = [int(row[-1].removesuffix("%")) for row in rows]
    assert shares[0] == 100
    assert max(shares[1:]) < 50, "a portrait needs only the coarse pass, which has a tenth of the pixels"
    lines = {path.name: path.read_text().splitlines() for path in (wider / "found").iterdir()}
    assert set(lines) == {f"centerface-fast-{way}-1.jsonl" for way in ways}
    assert (wider / "passes.svg").read_text().count("<circle") == 5, "two marks in each panel, and one in the legend"
    for (line,) in lines.values():
        assert json.loads(line)["faces"][0]["confidence"] > 0.8


def test_invalid_arguments_are_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--truth", "truth.txt"], ["--images", str(tmp_path / "nowhere")]):
        with pytest.raises(SystemExit):
            run.main(wrong)
    assert "nowhere not found" in capsys.readouterr().err
