"""Schema of every frame in both directions: `python -m face_websocket.schema > docs/websocket.schema.json`."""

import json
import sys
from typing import Any

from facelib.events import Frame
from pydantic.json_schema import models_json_schema

from face_websocket.requests import ConnectQuery, Ping, ReplayRequest, Subscribe


def schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) with each frame in `$defs`; it matches every frame of either direction."""
    sent = (Subscribe, ReplayRequest, Ping)
    references, definitions = models_json_schema(
        [*((model, "validation") for model in (*sent, ConnectQuery)), (Frame, "serialization")],
        title="The live stream",
        description="Frame is what a listener receives; Subscribe, ReplayRequest and Ping are what it may send; "
        "ConnectQuery is the query of the address it connects to.",
    )
    frames = [references[Frame, "serialization"], *(references[model, "validation"] for model in sent)]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **definitions, "anyOf": frames}


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
