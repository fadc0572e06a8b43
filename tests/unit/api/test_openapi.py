"""The committed description of the API is the one the code gives."""

import json
from pathlib import Path

from face_api.app import create_app
from face_api.models import Problem
from face_api.openapi import describe


def test_the_committed_description_is_current(repository: Path) -> None:
    committed = json.loads((repository / "docs" / "openapi.json").read_text())
    assert committed == json.loads(json.dumps(describe(create_app()))), "run `make schemas` and commit the result"


def test_every_call_is_described_with_its_errors_as_problems() -> None:
    document = describe(create_app())
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert call["summary"], (method, path)
            assert call["description"], (method, path)
            for status, response in call["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (method, path, status)


def test_every_error_has_an_example_of_its_own_status() -> None:
    """Not one for all, which would show "Not Found" beside a 422."""
    examples = {}
    for calls in describe(create_app())["paths"].values():
        for call in calls.values():
            for status, response in call["responses"].items():
                if int(status) >= 400:
                    example = response["content"]["application/problem+json"]["example"]
                    Problem.model_validate(example)
                    assert example["status"] == int(status)
                    examples[status] = example["detail"]
    assert len(set(examples.values())) == len(examples)


def test_what_try_it_out_fills_in_finds_faces() -> None:
    parameters = describe(create_app())["paths"]["/image"]["post"]["parameters"]
    schemas = {one["name"]: one["schema"] for one in parameters}
    assert schemas["min_confidence"]["examples"] == [0.5]
    assert schemas["max_faces"]["default"] > 1
