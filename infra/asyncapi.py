"""The stream's description, checked against AsyncAPI's own JSON schema."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]

from infra import ROOT
from infra.errors import CommandFailed

DOCUMENT: Final = ROOT / "docs" / "asyncapi.json"
# `make documents` installs it.
SCHEMAS: Final = ROOT / "infra" / "checks" / "node_modules" / "@asyncapi" / "specs" / "schemas"


def violations(document: dict[str, Any], schemas: Path = SCHEMAS) -> list[str]:
    """Return where the document breaks the schema of the version that it names, and how."""
    # The schema whose references lie within itself.
    schema = json.loads((schemas / f"{document['asyncapi']}-without-$id.json").read_text())
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def check() -> None:
    """Check docs/asyncapi.json against AsyncAPI's schema."""
    if problems := violations(json.loads(DOCUMENT.read_text())):
        raise CommandFailed("\n".join(f"docs/asyncapi.json: {violation}" for violation in problems))
    print("docs/asyncapi.json is a valid AsyncAPI document")
