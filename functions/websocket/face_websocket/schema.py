"""`python -m face_websocket.schema > docs/websocket.schema.json`: every frame, in both directions."""

import json
import sys
from typing import Any

from facelib.events import Frame
from pydantic.json_schema import models_json_schema

from face_websocket.requests import ConnectQuery, Ping, ReplayRequest, Subscribe


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) with each frame in `$defs`; the whole matches any frame a listener may send or get."""
    sent = (Subscribe, ReplayRequest, Ping)
    references, made = models_json_schema(
        [*((model, "validation") for model in (*sent, ConnectQuery)), (Frame, "serialization")],
        title="The live stream",
        description="Frame is what a listener receives; Subscribe, ReplayRequest and Ping are what it may send; "
        "ConnectQuery is the query of the address it connects to.",
    )
    frames = [references[Frame, "serialization"], *(references[model, "validation"] for model in sent)]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "anyOf": frames}


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
