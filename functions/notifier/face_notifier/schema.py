"""`python -m face_notifier.schema > docs/eventbridge.schema.json`: the detail of every event on the bus."""

import json
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from face_notifier.details import DETAILS


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) with each detail in `$defs`; the whole matches any of them."""
    references, made = models_json_schema(
        [(model, "serialization") for model in DETAILS],
        title="Events on the bus",
        description="The `detail` of an event: `Job Completed` has a JobCompleted, and so on.",
    )
    details = [references[model, "serialization"] for model in DETAILS]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "anyOf": details}


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
