"""Unexpected errors are also problem details, and do not reveal internals."""

import asyncio

import httpx
import pytest
from face_api.app import create_app
from face_api.dependencies import jobs, settings
from face_api.problems import MEDIA_TYPE, STATUS_OF
from facelib.domain import errors
from facelib.settings import ApiSettings

SECRET = "password=hunter2"


class BrokenStore:
    def get(self, *_: object) -> None:
        raise RuntimeError(SECRET)


def ask(path: str) -> httpx.Response:
    app = create_app()
    texts = {name: "x" for name, field in ApiSettings.model_fields.items() if field.annotation is str}
    app.dependency_overrides = {
        jobs: BrokenStore,
        settings: lambda: ApiSettings.model_validate({**texts, "job_kept_days": 1, "access": "open"}),
    }

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://faces.example") as client:
            return await client.get(path)

    return asyncio.run(get())


def test_an_unhandled_error_is_logged_but_not_revealed(caplog: pytest.LogCaptureFixture) -> None:
    response = ask("/jobs/0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10")
    assert (response.status_code, response.headers["content-type"]) == (500, MEDIA_TYPE)
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "Unhandled error" in caplog.text
    assert SECRET in caplog.text


def test_a_path_with_a_trailing_slash_is_not_redirected() -> None:
    response = ask("/jobs/")
    assert (response.status_code, response.headers["content-type"]) == (404, MEDIA_TYPE)


def test_every_domain_error_of_the_api_has_a_status() -> None:
    met = {
        errors.Unauthenticated,
        errors.ScopeMissing,
        errors.QuotaExceeded,
        errors.DetectorBusy,
        errors.JobNotFound,
        errors.JobConflict,
        errors.FaceNotFound,
        errors.CorrectionsChanged,
        errors.KeyReused,
        errors.CursorInvalid,
        errors.NoResult,
        errors.OriginalGone,
        errors.RenderNotFound,
        errors.RenderRefused,
        errors.StoreContended,
        errors.StoreThrottled,
    }
    assert set(STATUS_OF) == met
