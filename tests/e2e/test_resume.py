"""An interrupted run of the command line over a folder of photos is resumed, on the real stack."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from facecast import Client, Options
from facecast.cli import main
from facecast.photo import idempotency_key

from tests.support.pictures import astronaut, encoded, resized
from tests.support.stack import TIMEOUT_SECONDS, Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


def many_photos(folder: Path, count: int) -> None:
    """Write small photos of the same face, no two with the same content."""
    face = resized(astronaut()[:256, 80:336], 160, 160)
    folder.mkdir()
    for number in range(count):
        picture = face.copy()
        picture[:4, : 4 * number + 4] = 255
        (folder / f"{number:02}.jpg").write_bytes(encoded(picture))


def test_an_interrupted_run_resumes_and_has_each_result_once(
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
        _, complaint = first.communicate(timeout=TIMEOUT_SECONDS)
    assert first.returncode == 130
    assert "Run the same command again to resume." in complaint
    done = len((tmp_path / "results.jsonl").read_text().splitlines())
    assert 8 <= done < 24

    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert f"resuming an earlier run; photos already finished: {done}" in second.stderr
    assert second.stdout.count("1 face") == 24 - done

    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert sorted(line["photo"] for line in lines) == [f"photos/{number:02}.jpg" for number in range(24)]
    assert len({line["job_id"] for line in lines}) == 24
    names = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert names == [f"{number:02}-boxes.jpg" for number in range(24)]
    # Photos in progress at the interruption did not create a second job.
    assert len(_all_jobs(stack)) - before == 24


@pytest.mark.parametrize("reason", ["internal_error", "original_missing"])
def test_a_photo_that_the_service_failed_to_process_is_retried_by_the_same_command(
    reason: str, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    many_photos(tmp_path / reason, 2)
    command = ["detect", reason, "--out", "results", "--url", stack.http_url]
    with Client(stack.http_url) as client:
        # The photo is sent as the command would send it, so that the command finds the job.
        photo = (tmp_path / reason / "01.jpg").read_bytes()
        options = Options()
        failed = client.detect(photo, options, idempotency_key=idempotency_key(photo, options)).job_id
    _let_it_fail(stack, failed, reason)
    assert main(command) == 0, capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["00-boxes.jpg", "01-boxes.jpg"]
    # One job is retried; the other photo gets a new job, because its image no longer exists.
    assert (f"job {failed}" in capsys.readouterr().out) == (reason == "internal_error")


def _let_it_fail(stack: Stack, job_id: str, reason: str) -> None:
    if reason == "original_missing":
        bucket = stack.outputs["OriginalsBucketName"]
        stack.aws.client("s3").delete_object(Bucket=bucket, Key=f"originals/{job_id}")
    failure = json.dumps({"reason": reason, "detail": "It failed."})
    stack.aws.client("dynamodb").update_item(
        TableName=stack.outputs["JobsTableName"],
        Key={"job_id": {"S": job_id}},
        UpdateExpression="SET #status = :failed, failure = :failure REMOVE faces, face_count, image",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":failed": {"S": "failed"}, ":failure": {"S": failure}},
    )


def _all_jobs(stack: Stack) -> set[str]:
    with Client(stack.http_url) as client:
        return {job.job_id for job in client.jobs()}
