"""The command-line client against the real service."""

import io
import json
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pytest
from facecast.cli import main
from PIL import Image

from tests.support.pictures import astronaut, compose, encoded
from tests.support.stack import TIMEOUT_SECONDS, Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture(autouse=True)
def address(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACECAST_URL", stack.http_url)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "astronaut.jpg"
    path.write_bytes(encoded(astronaut()))
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(encoded(astronaut())[:20_000])
    return path


def test_detect_prints_the_faces_and_saves_the_results(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    assert main(["detect", str(photo), "--render", "boxes,solid,preview", "--out", str(out)]) == 0
    said = capsys.readouterr()
    first, face, *saved = said.out.splitlines()
    assert first.startswith(f"{photo}  1 face  job ")
    assert "%" in face
    paths = [out / "astronaut-boxes.jpg", out / "astronaut-solid.jpg", out / "astronaut-preview.webp"]
    assert saved == [f"  saved   {path}" for path in paths]
    pictures = [Image.open(io.BytesIO(path.read_bytes())) for path in paths]
    assert [picture.size for picture in pictures] == [(512, 512)] * 3
    assert [picture.format for picture in pictures] == ["JPEG", "JPEG", "WEBP"]
    assert said.err == ""


def test_a_large_photo_is_uploaded_to_the_bucket(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(11).integers(0, 255, (1300, 1300, 3), np.uint8)
    large = tmp_path / "large.png"
    large.write_bytes(encoded(compose(1300, 1300, [(400, 400, 300)], noise)[0], "PNG"))
    assert large.stat().st_size > stack.http.get("/limits").json()["direct_upload_bytes"]
    assert main(["detect", str(large), "--json"]) == 0
    job = json.loads(capsys.readouterr().out)
    assert (job["photo"], job["face_count"], job["saved"]) == (str(large), 1, [])
    assert job["image"]["bytes"] == large.stat().st_size


def test_a_bad_photo_does_not_stop_the_others(
    photo: Path, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear Sir or Madam")
    assert main(["detect", str(letter), str(broken), str(photo), str(tmp_path / "missing.jpg"), "--json"]) == 1
    said = capsys.readouterr()
    jobs = {job["photo"]: job for job in map(json.loads, said.out.splitlines())}
    assert {name: job["status"] for name, job in jobs.items()} == {str(broken): "failed", str(photo): "completed"}
    # One line for each failed photo, in the order in which they finished, followed by the total.
    *errors, summary = said.err.splitlines()
    missing, *others = errors
    refused, failed = sorted(others, key=lambda line: str(broken) in line)
    assert missing.endswith("missing.jpg: file not found")
    assert refused.startswith(f"facecast: {letter}: This is")
    job = jobs[str(broken)]
    assert failed == f"facecast: {broken}: corrupt_image: {job['failure']['detail']} (job {job['job_id']})"
    assert summary.startswith("facecast: 1 of 4 photos, 1 face, 3 failed, in ")


def test_an_option_the_service_refuses_is_explained(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(photo), "--render", "none,blur"]) == 1
    assert "`none` draws nothing, so it cannot be combined with other renders" in capsys.readouterr().err


def test_jobs_are_listed_retried_and_deleted(stack: Stack, broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(broken.read_bytes())
        listener.wait_for_job(job_id)
        assert main(["jobs", "--status", "failed", "--limit", "5"]) == 0
        assert any(job_id in line and "corrupt_image: " in line for line in capsys.readouterr().out.splitlines())
        assert main(["retry", job_id]) == 1
        assert "would fail again" in capsys.readouterr().err
        fail_for_another_reason(stack, job_id)
        assert main(["retry", job_id]) == 0
        listener.wait_for(lambda _: len(listener.of_job(job_id)) == 2)
    assert main(["delete", job_id, str(uuid.uuid4())]) == 1
    said = capsys.readouterr()
    assert f"{job_id} deleted" in said.out
    assert "Job not found." in said.err
    assert stack.http.get(f"/jobs/{job_id}").status_code == 404


def fail_for_another_reason(stack: Stack, job_id: str) -> None:
    """Replace the job's failure with a temporary one, so that the job can be retried."""
    stack.aws.client("dynamodb").update_item(
        TableName=stack.outputs["JobsTableName"],
        Key={"job_id": {"S": job_id}},
        UpdateExpression="SET failure = :failure",
        ExpressionAttributeValues={":failure": {"S": '{"reason": "internal_error", "detail": "The service failed."}'}},
    )


def test_listen_waits_for_one_job_and_ends_with_it(
    stack: Stack, photo: Path, broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = stack.post_image(photo.read_bytes()), stack.post_image(broken.read_bytes())
    assert main(["listen", "--job", good, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["job_id"] == good
    assert main(["listen", "--job", bad]) == 1
    assert "corrupt_image: " in capsys.readouterr().out
    assert main(["listen", "--job", str(uuid.uuid4())]) == 1
    assert "Job not found." in capsys.readouterr().err


def test_listen_refuses_more_than_can_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", "--replay", "1000"]) == 2
    assert "--replay must be at most 100" in capsys.readouterr().err


def test_listen_prints_events(stack: Stack, photo: Path) -> None:
    """The command runs in a separate process until the test terminates it."""
    command = [sys.executable, "-m", "facecast", "listen", "--json", "--replay", "1"]
    with stack.listener() as listener:
        listener.wait_for_job(stack.post_image(photo.read_bytes()))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listening:
        try:
            assert listening.stdout
            # A replayed event shows that the client is connected.
            assert json.loads(listening.stdout.readline())["type"] == "job.completed"
            job_id = stack.post_image(photo.read_bytes())
            heard = (json.loads(line) for line in listening.stdout)
            assert next(event for event in heard if event["job_id"] == job_id)["face_count"] == 1
        finally:
            listening.terminate()
            listening.wait(TIMEOUT_SECONDS)


def test_a_photo_is_read_from_standard_input(photo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "facecast", "detect", "-", "--out", str(tmp_path / "out")]
    with photo.open("rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-  1 face  job ")
    assert (tmp_path / "out" / "stdin-boxes.jpg").is_file()


def test_a_job_is_shown_with_its_faces(stack: Stack, photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(photo.read_bytes())
        listener.wait_for_job(job_id)
    assert main(["show", job_id]) == 0
    first, face = capsys.readouterr().out.splitlines()
    assert (first.split()[0], first.split()[2:]) == (job_id, ["completed", "1", "face", "boxes"])
    assert "%" in face
    assert main(["show", job_id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == stack.job(job_id)


def test_other_results_of_a_job_are_drawn_and_saved(
    stack: Stack, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stack.listener() as listener:
        job_id = stack.post_image(photo.read_bytes())
        listener.wait_for_job(job_id)
    assert main(["show", job_id, "--render", "boxes,solid,preview", "--out", str(tmp_path / "out")]) == 0
    names = [f"{job_id}-boxes.jpg", f"{job_id}-solid.jpg", f"{job_id}-preview.webp"]
    saved = capsys.readouterr().out.splitlines()[-3:]
    assert saved == [f"  saved   {tmp_path / 'out' / name}" for name in names]
    assert stack.job(job_id)["renders"] == ["boxes", "preview", "solid"]


def test_faces_are_saved_upright_one_by_one(stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, truth = compose(900, 600, [(100, 200, 160), (500, 180, 120)])
    with stack.listener() as listener:
        job_id = stack.post_image(encoded(picture))
        listener.wait_for_job(job_id)
    assert main(["faces", job_id, "--align", "--out", str(tmp_path)]) == 0
    paths = [tmp_path / f"{job_id}-face-{number}.jpg" for number in range(len(truth))]
    assert capsys.readouterr().out.splitlines() == [f"saved {path}" for path in paths]
    sizes = [Image.open(io.BytesIO(path.read_bytes())).size for path in paths]
    assert all(width == height for width, height in sizes)
    hidden = stack.post_image(encoded(picture), render="blur")
    assert main(["faces", hidden, "--out", str(tmp_path)]) == 3
    assert "created to hide faces" in capsys.readouterr().err


def test_a_crop_is_drawn_as_it_was_requested(photo: Path, tmp_path: Path) -> None:
    crop = ["--render", "crop", "--crop-aspect", "1:1", "--crop-padding", "0.2", "--crop-faces", "largest"]
    assert main(["detect", str(photo), *crop, "--out", str(tmp_path / "out")]) == 0
    with Image.open(tmp_path / "out" / "astronaut-crop.jpg") as result:
        width, height = result.size
    assert width == height < 512


def test_limits_are_printed(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["limits", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == stack.http.get("/limits").json()
    assert main(["limits"]) == 0
    assert "direct_upload_bytes        4500000" in capsys.readouterr().out


def test_watching_downloads_results(stack: Stack, photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "heard"
    command = [sys.executable, "-m", "facecast", "watch", "--json", "--replay", "1", "--download", str(folder)]
    with stack.listener() as listener:
        listener.wait_for_job(stack.post_image(photo.read_bytes(), render="blur"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        try:
            assert watching.stdout
            event = json.loads(watching.stdout.readline())
            assert event["saved"] == [str(folder / f"{event['job_id']}-blur.jpg")]
            assert Image.open(io.BytesIO(Path(event["saved"][0]).read_bytes())).size == (512, 512)
        finally:
            watching.terminate()
            watching.wait(TIMEOUT_SECONDS)
