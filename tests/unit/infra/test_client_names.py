"""The client uses the names that the service declares."""

import json
from pathlib import Path

import pytest
import typer
from face_api.documents.examples import EXAMPLE_OF
from facecast import RENDERS, Job, Options, bundled, generated
from facecast.cli import main
from facecast.cli.job_options import with_job_options
from facecast.cli.jobs import _in_words
from facecast.cli.output import job_line
from facecast.models import RETRYABLE, Failure, Limits
from facelib.domain import job, options
from facelib.domain.renders import Render
from typer.testing import CliRunner

from infra import client_names
from infra.__main__ import main as run


def test_the_generated_names_follow_the_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`make check` compares the names with the current document; this test edits a copy of it."""
    edited = json.loads(client_names.API.read_text())
    schemas = edited["components"]["schemas"]
    schemas["Render"]["enum"].append("emoji")
    schemas["Options"]["properties"]["border"] = {
        "type": "integer",
        "minimum": 1,
        "default": 2,
        "description": "Width.",
    }
    schemas["JobView"]["properties"]["brightness"] = {"anyOf": [{"type": "number"}, {"type": "null"}]}
    (tmp_path / "openapi.json").write_text(json.dumps(edited))
    monkeypatch.setattr(client_names, "API", tmp_path / "openapi.json")
    assert run(["client-names", "--check"]) == 1
    monkeypatch.setattr(client_names, "FOLDER", tmp_path)
    assert run(["client-names"]) == 0
    assert 'EMOJI = "emoji"' in (tmp_path / "generated.py").read_text()
    models = (tmp_path / "generated_models.py").read_text()
    assert 'border: int | None = Field(None, description="Width.", ge=1)' in models
    assert "brightness: float | None = None" in models


def test_the_clients_renders_and_reasons_match_the_service() -> None:
    assert tuple(Render) == RENDERS == tuple(generated.Render)
    assert set(bundled.HIDING) == {render for render in Render if render.hides_faces}
    assert job.RETRYABLE == RETRYABLE
    for reason in job.FailureReason:
        assert Failure(reason=reason, detail="").can_be_retried is (reason in job.RETRYABLE)


def test_the_command_line_offers_every_option_of_a_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert [*Options.model_fields] == [*options.Options.model_fields]
    assert main(["detect", "--help"]) == 0
    text = capsys.readouterr().out
    for name in options.Options.model_fields:
        assert f"\n  --{name.replace('_', '-')}" in text


def test_options_that_are_given_reach_the_command() -> None:
    taken: list[Options] = []

    @with_job_options
    def command(*, options: Options) -> None:
        taken.append(options)

    app = typer.Typer()
    app.command()(command)
    for arguments in ([], ["--blur-strength", "4", "--crop-aspect", "4:5", "--min-confidence", "0.5", "--faces-json"]):
        assert CliRunner().invoke(app, arguments).exit_code == 0
    assert taken == [Options(), Options(blur_strength=4, crop_aspect="4:5", min_confidence=0.5, faces_json=True)]


def test_a_line_about_a_job_shows_the_options_that_differ_from_the_defaults() -> None:
    event = {"job_id": "j", "status": "completed", "face_count": 1, "completed_at": "2026-11-24T10:00:00Z"}
    chosen = options.Options(blur_strength=5, crop_padding=0)
    for sent, shown in ((options.Options(), "boxes"), (chosen, "boxes blur_strength=5 crop_padding=0.0")):
        assert job_line({**event, "options": sent.model_dump(mode="json")}).endswith(f"1 face  {shown}")


def test_responses_of_a_newer_service_are_read() -> None:
    """The response has names and fields that this client does not know, and a value that is not allowed today."""
    known = EXAMPLE_OF["JobView"]
    newer = {"status": "archived", "mood": "calm", "image": known["image"] | {"format": "jxl", "depth": 10}}
    job = Job.of(known | newer | {"options": {"render": ["sepia"], "blur_strength": 9, "sepia_tone": 0.4}})
    assert (job.status, job.is_final, job.options.pictures, job.options.blur_strength) == (
        "archived",
        False,
        ("sepia",),
        9,
    )
    assert job.image
    assert job.image.format == "jxl"
    assert job.data["mood"] == "calm"


@pytest.mark.parametrize("name", ["JobView", "JobList"])
def test_jobs_have_every_field_that_the_service_shows(name: str) -> None:
    shown = EXAMPLE_OF[name] if name == "JobView" else EXAMPLE_OF[name]["jobs"][0]
    job = Job.of(shown)
    assert shown.keys() <= job.model_fields_set
    assert job.model_dump(mode="json", include=shown.keys()) == shown


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
