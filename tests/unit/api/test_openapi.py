"""The committed description of the API is the one the code gives."""

import json
from pathlib import Path

from face_api.app import create_app
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
