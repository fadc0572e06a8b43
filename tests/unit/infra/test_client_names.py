"""The client's names are those that the service declares."""

import json
from pathlib import Path

import pytest
from facecast import RENDERS, bundled, generated
from facecast.cli.jobs import _in_words
from facecast.models import RETRYABLE, Failure, Limits
from facelib.domain import job
from facelib.domain.renders import Render

from infra import client_names


def test_the_generated_names_follow_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client_names.main(["--check"]) == 0
    edited = json.loads(client_names.DOCUMENT.read_text())
    edited["components"]["schemas"]["Render"]["enum"].append("emoji")
    (tmp_path / "openapi.json").write_text(json.dumps(edited))
    monkeypatch.setattr(client_names, "DOCUMENT", tmp_path / "openapi.json")
    assert client_names.main(["--check"]) == 1
    monkeypatch.setattr(client_names, "GENERATED", tmp_path / "generated.py")
    assert client_names.main([]) == 0
    assert 'EMOJI = "emoji"' in (tmp_path / "generated.py").read_text()


def test_renders_and_reasons_are_those_of_the_service() -> None:
    assert tuple(Render) == RENDERS == tuple(generated.Render)
    assert set(bundled.HIDING) == {render for render in Render if render.hides_faces}
    assert job.RETRYABLE == RETRYABLE
    for reason in job.FailureReason:
        assert Failure(reason=reason, detail="").can_be_retried is (reason in job.RETRYABLE)


def test_the_client_reads_renders_and_file_extensions_from_the_service() -> None:
    [emoji, movie] = [
        {"name": name, "label": name, "description": "", "hides_faces": hides, "suffix": suffix}
        for name, hides, suffix in (("emoji", True, "png"), ("movie", False, None))
    ]
    numbers = ("direct_upload_bytes", "presigned_upload_bytes", "wait_seconds", "replay_limit")
    given = dict.fromkeys(numbers, 1) | {"stream_url": "wss://example.com", "formats": ["jpeg"]}
    limits = Limits.of({**given, "renders": [emoji, movie]})
    assert limits.hiding == ("emoji",)
    assert (limits.file_suffix("emoji"), limits.file_suffix("unknown")) == (".png", ".jpg")
    assert Limits.of(given).hiding == ()


def test_a_limit_is_described_in_words() -> None:
    assert _in_words(7) == "7"
    assert _in_words(["jpeg", "png"]) == "jpeg, png"
    assert _in_words([{"name": "boxes", "options": []}, {"name": "blur", "options": []}]) == "boxes, blur"
