"""A folder of photos, interrupted and taken up again by the command line, on the real stack."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from facecast import Client

from tests.support.pictures import astronaut, encoded, resized
from tests.support.stack import PATIENCE_SECONDS, Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def many_photos(folder: Path, count: int) -> None:
    """Write small photos of the same face, no two with the same content."""
    face = resized(astronaut()[:256, 80:336], 160, 160)
    folder.mkdir()
    for number in range(count):
        picture = face.copy()
        picture[:4, : 4 * number + 4] = 255
        (folder / f"{number:02}.jpg").write_bytes(encoded(picture))


def test_a_run_that_is_interrupted_is_taken_up_and_has_each_result_once(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACECAST_URL", stack.http_url)
    many_photos(tmp_path / "photos", 24)
    arguments = ["detect", "photos", "--out", "results", "--jsonl", "results.jsonl"]
    command = [sys.executable, "-m", "facecast", *arguments]
    before = len(_all_jobs(stack))

    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as first:
        assert first.stdout
        for _ in range(8):
            while "saved" not in first.stdout.readline():
                pass
        first.send_signal(signal.SIGINT)
        _, complaint = first.communicate(timeout=PATIENCE_SECONDS)
    assert first.returncode == 130
    assert "Run the same command again to resume." in complaint
    done = len((tmp_path / "results.jsonl").read_text().splitlines())
    assert 8 <= done < 24

    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert f"resuming an earlier run, which has done {done} photos" in second.stderr
    assert second.stdout.count("1 face") == 24 - done

    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert sorted(line["photo"] for line in lines) == [f"photos/{number:02}.jpg" for number in range(24)]
    assert len({line["job_id"] for line in lines}) == 24
    names = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert names == [f"{number:02}-boxes.jpg" for number in range(24)]
    # What was on its way when it was interrupted has made no second job.
    assert len(_all_jobs(stack)) - before == 24


def _all_jobs(stack: Stack) -> set[str]:
    with Client(stack.http_url) as client:
        return {job.job_id for job in client.jobs()}
