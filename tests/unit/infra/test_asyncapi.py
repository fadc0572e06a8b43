"""A document that violates AsyncAPI's schema is detected."""

import json
from pathlib import Path

from infra.asyncapi import violations


def test_a_violation_is_reported_with_its_location(tmp_path: Path) -> None:
    schema = {"properties": {"operations": {"additionalProperties": {"required": ["action"]}}}}
    (tmp_path / "3.0.0-without-$id.json").write_text(json.dumps(schema))
    assert violations({"asyncapi": "3.0.0", "operations": {"ping": {"action": "receive"}}}, tmp_path) == []
    (violation,) = violations({"asyncapi": "3.0.0", "operations": {"ping": {}}}, tmp_path)
    assert violation == "$.operations.ping: 'action' is a required property"
