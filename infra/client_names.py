"""Write the enumerations of the client from docs/openapi.json: `python -m infra.client_names [--check]`.

The models of the client stay hand-written: they ignore what they do not know, so that services may grow, where the
schemas of the API are closed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from infra import ROOT

DOCUMENT: Final = ROOT / "docs" / "openapi.json"
GENERATED: Final = ROOT / "client" / "facecast" / "generated.py"
_HEADER: Final = '"""Names that the service takes and gives, generated from docs/openapi.json by `make schemas`."""'
# Part of an enumeration, as an extension in its schema, and the name of the enumeration that it becomes.
_PARTS: Final = {"x-retryable": ("FailureReason", "RetryableReason")}


def enumerations(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of the document that are enumerations, and those of their named parts."""
    schemas = {name: schema for name, schema in document["components"]["schemas"].items() if "enum" in schema}
    parts = {name: {"type": "string", "enum": schemas[whole][key]} for key, (whole, name) in _PARTS.items()}
    return schemas | parts


def generated(document: dict[str, Any]) -> str:
    """Return the module that datamodel-code-generator writes of them."""
    reduced = {
        "openapi": document["openapi"],
        "info": document["info"],
        "paths": {},
        "components": {"schemas": enumerations(document)},
    }
    with TemporaryDirectory() as folder:
        source, module = Path(folder) / "openapi.json", Path(folder) / "generated.py"
        source.write_text(json.dumps(reduced))
        command: list[str | Path] = [
            *(sys.executable, "-m", "datamodel_code_generator", "--input", source, "--output", module),
            *("--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"),
            *("--target-python-version", "3.11", "--use-specialized-enum", "--capitalise-enum-members"),
            *("--formatters", "ruff-format", "--custom-file-header", _HEADER),
        ]
        subprocess.run(command, check=True, cwd=ROOT)
        return module.read_text()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the file differs from what would be written")
    options = parser.parse_args(arguments)
    text = generated(json.loads(DOCUMENT.read_text()))
    if not options.check:
        GENERATED.write_text(text)
    elif not GENERATED.is_file() or GENERATED.read_text() != text:
        print("client/facecast/generated.py does not follow docs/openapi.json: make schemas", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
