"""The client's enumerations and models, generated from the schemas of the API and the stream."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer

from infra import ROOT
from infra.client_schemas import Schemas, client_schemas
from infra.errors import CommandFailed

API: Final = ROOT / "docs" / "openapi.json"
STREAM: Final = ROOT / "docs" / "asyncapi.json"
FOLDER: Final = ROOT / "client" / "facecast"
NAMES: Final = "generated.py"
MODELS: Final = "generated_models.py"
_HEADER: Final = '"""{} the service accepts and returns, generated from its schemas by `make schemas`."""'
# An extension in the schema of an enumeration that lists some of its names, and the enumeration to create from it.
_PARTS: Final = {"x-retryable": ("FailureReason", "RetryableReason")}
_RUFF: Final = (sys.executable, "-m", "ruff")
_AS_ENUMERATIONS: Final = ("--use-specialized-enum", "--capitalise-enum-members")
_AS_MODELS: Final = (
    *("--enum-field-as-literal", "all", "--use-generic-container-types", "--field-constraints"),
    *("--enable-faux-immutability", "--extra-fields", "ignore"),
)


def enumerations(schemas: Schemas) -> Schemas:
    """Return the schemas of enumerations and of their named subsets."""
    whole = {name: schema for name, schema in schemas.items() if "enum" in schema}
    parts = {name: {"type": "string", "enum": whole[of][key]} for key, (of, name) in _PARTS.items()}
    return whole | parts


def generated() -> dict[str, str]:
    """Return the text of each module, by name."""
    api = json.loads(API.read_text())["components"]["schemas"]
    stream = json.loads(STREAM.read_text())["components"]["schemas"]
    return {
        NAMES: _module(_HEADER.format("Names that"), enumerations(api), _AS_ENUMERATIONS),
        MODELS: _module(_HEADER.format("Models of what"), client_schemas(api, stream), _AS_MODELS),
    }


def _module(header: str, schemas: Schemas, options: tuple[str, ...]) -> str:
    """Return the module that datamodel-code-generator writes for the schemas."""
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Facecast", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    with TemporaryDirectory() as folder:
        source, module = Path(folder) / "openapi.json", Path(folder) / "generated.py"
        source.write_text(json.dumps(document))
        command: list[str | Path] = [
            *(sys.executable, "-m", "datamodel_code_generator", "--input", source, "--output", module),
            *("--input-file-type", "openapi", "--output-model-type", "pydantic_v2.BaseModel"),
            *("--target-python-version", "3.11", "--no-formatters", "--custom-file-header", header),
            *options,
        ]
        subprocess.run(command, check=True, cwd=ROOT)
        for style in (("check", "--select=I", "--fix", "--quiet"), ("format", "--quiet")):
            subprocess.run((*_RUFF, *style, "--config", ROOT / "pyproject.toml", module), check=True)
        return module.read_text()


def write(
    *, check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file would change.")] = False
) -> None:
    """Write the client's enumerations and models."""
    for name, text in generated().items():
        path = FOLDER / name
        if not check:
            path.write_text(text)
        elif not path.is_file() or path.read_text() != text:
            raise CommandFailed(f"client/facecast/{name} does not match the schemas. To update it: make schemas")
