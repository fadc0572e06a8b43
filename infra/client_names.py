"""The client's enumerations and models, generated from the schemas of the API and the stream."""

import json
from typing import Annotated, Final

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
# Maps a schema extension that lists some names of an enumeration to this enumeration, and to the one to create.
_PARTS: Final = {"x-retryable": ("FailureReason", "RetryableReason")}


def enumerations(schemas: Schemas) -> Schemas:
    """Return the schemas of enumerations and of their named subsets."""
    whole = {name: schema for name, schema in schemas.items() if "enum" in schema}
    parts = {name: {"type": "string", "enum": whole[of][key]} for key, (of, name) in _PARTS.items()}
    return whole | parts


def generated() -> dict[str, str]:
    """Return the text of each module, by the name of its file."""
    # `make setup` does not install the generator, and `python -m infra --help` imports every command.
    from infra import client_modules  # noqa: PLC0415

    api = json.loads(API.read_text())["components"]["schemas"]
    stream = json.loads(STREAM.read_text())["components"]["schemas"]
    return client_modules.formatted(
        {
            NAMES: client_modules.enumerations(_HEADER.format("Names that"), enumerations(api)),
            MODELS: client_modules.models(_HEADER.format("Models of what"), client_schemas(api, stream)),
        }
    )


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
