"""Hold the stream's description against AsyncAPI's own JSON schema: `python -m infra.asyncapi`, in `make check`."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]

from infra import ROOT

DOCUMENT: Final = ROOT / "docs" / "asyncapi.json"
# `make documents` installs it.
SCHEMAS: Final = ROOT / "infra" / "checks" / "node_modules" / "@asyncapi" / "specs" / "schemas"


def violations(document: dict[str, Any], schemas: Path = SCHEMAS) -> list[str]:
    """Return where the document breaks the schema of the version that it names, and how."""
    # The schema whose references lie within itself.
    schema = json.loads((schemas / f"{document['asyncapi']}-without-$id.json").read_text())
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def main() -> int:
    problems = violations(json.loads(DOCUMENT.read_text()))
    for violation in problems:
        print(f"docs/asyncapi.json: {violation}", file=sys.stderr)
    if not problems:
        print("docs/asyncapi.json is a valid AsyncAPI document")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
