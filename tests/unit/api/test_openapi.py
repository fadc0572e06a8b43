"""The committed description of the API matches the code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from face_api.models import Problem, UploadRequest
from facelib.domain.options import Options

from tests.support.api import described


def test_the_committed_description_is_current(repository: Path) -> None:
    committed = json.loads((repository / "docs" / "openapi.json").read_text())
    assert committed == json.loads(json.dumps(described())), "run `make schemas` and commit the result"


def test_every_call_is_described_with_its_errors_as_problems() -> None:
    document = described()
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert call["summary"], (method, path)
            assert call["description"], (method, path)
            for status, response in call["responses"].items():
                # Rekognition's clients expect errors in AWS's format.
                if int(status) >= 400 and (path, status) != ("/rekognition", "400"):
                    assert list(response["content"]) == ["application/problem+json"], (method, path, status)


def test_every_error_has_an_example_for_its_status() -> None:
    """Each status has its own example, so that a 422, for instance, does not show "Not Found"."""
    examples = {}
    for calls in described()["paths"].values():
        for call in calls.values():
            for status, response in call["responses"].items():
                if int(status) >= 400 and "application/problem+json" in response["content"]:
                    example = response["content"]["application/problem+json"]["example"]
                    Problem.model_validate(example)
                    assert example["status"] == int(status)
                    examples[status] = example["detail"]
    assert len(set(examples.values())) == len(examples)


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the JSON body of every request and every successful response, with its location."""
    for path, calls in described()["paths"].items():
        for method, call in calls.items():
            successes = {status: one for status, one in call["responses"].items() if int(status) < 400}
            for title, body in {"request": call.get("requestBody", {}), **successes}.items():
                for media_type, content in body.get("content", {}).items():
                    if "json" in media_type:
                        yield f"{method} {path} {title}", content


@pytest.mark.parametrize(("title", "content"), list(bodies()))
def test_every_request_and_successful_response_has_a_valid_example(title: str, content: dict[str, Any]) -> None:
    schemas = {"components": {"schemas": described()["components"]["schemas"]}}
    jsonschema.Draft202012Validator(schemas | content["schema"]).validate(content["example"])
    assert "string" not in json.dumps(content["example"]), f"{title}: contains Swagger UI's placeholder"


def test_summaries_are_not_derived_from_function_names() -> None:
    calls = [call for path in described()["paths"].values() for call in path.values()]
    assert [one["summary"] for one in calls if one["summary"] == one["operationId"].replace("_", " ").title()] == []


def test_the_example_request_for_a_form_finds_faces() -> None:
    (example,) = (content["example"] for title, content in bodies() if title == "post /uploads request")
    assert UploadRequest.model_validate(example).options == Options()


def test_the_default_values_in_swagger_ui_find_faces() -> None:
    parameters = described()["paths"]["/image"]["post"]["parameters"]
    schemas = {one["name"]: one["schema"] for one in parameters}
    assert schemas["min_confidence"]["examples"] == [0.5]
    assert schemas["max_faces"]["default"] > 1
