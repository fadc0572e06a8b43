"""Checks the stream's description against AsyncAPI's JSON schema."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]

from infra import ROOT
from infra.errors import CommandFailed

DOCUMENT: Final = ROOT / "docs" / "asyncapi.json"
# Installed by `make documents`.
SCHEMAS: Final = ROOT / "infra" / "checks" / "node_modules" / "@asyncapi" / "specs" / "schemas"


def violations(document: dict[str, Any], schemas: Path = SCHEMAS) -> list[str]:
    """Return the violations of the schema for the document's AsyncAPI version, each with its place and reason."""
    # The variant of the schema that has only internal references.
    schema = json.loads((schemas / f"{document['asyncapi']}-without-$id.json").read_text())
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def check() -> None:
    """Check docs/asyncapi.json against AsyncAPI's schema."""
    if problems := violations(json.loads(DOCUMENT.read_text())):
        raise CommandFailed("\n".join(f"docs/asyncapi.json: {violation}" for violation in problems))
    print("docs/asyncapi.json is a valid AsyncAPI document")
