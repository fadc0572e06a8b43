"""`python -m face_notifier.schema > docs/eventbridge.schema.json`: the detail of every event on the bus."""

import json
import sys
from operator import itemgetter
from typing import Any

from pydantic.json_schema import models_json_schema

from face_notifier.details import DETAILS


def schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) that matches any event's detail; `$defs` defines each kind of detail."""
    references, made = models_json_schema(
        [(model, "serialization") for model in DETAILS],
        title="Events on the bus",
        description="The `detail` of an event: `Job Completed` has a JobCompleted, and so on.",
    )
    details = [references[model, "serialization"] for model in DETAILS]
    return _by_title({"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "anyOf": details})


def _by_title(whole: dict[str, Any]) -> dict[str, Any]:
    """Name each definition after its title, which is part of the contract, instead of its class."""
    titles = {name: definition["title"] for name, definition in whole["$defs"].items()}
    as_text = json.dumps(whole)
    for name, title in titles.items():
        as_text = as_text.replace(f'"#/$defs/{name}"', f'"#/$defs/{title}"')
    named: dict[str, Any] = json.loads(as_text)
    return named | {"$defs": {title: named["$defs"][name] for name, title in sorted(titles.items(), key=itemgetter(1))}}


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
