"""The OpenAPI document: FastAPI's own, with the shape of every error and an example of every body."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from face_api.documents.examples import EXAMPLE_OF
from face_api.documents.rekognition_description import describe_rekognition
from face_api.models import Problem

# In the order of /docs.
TAGS: Final = [
    {"name": "images", "description": "Send a photo."},
    {"name": "jobs", "description": "The job's status."},
    {"name": "access", "description": "Tickets for the stream, and a key's usage."},
    {"name": "rekognition", "description": "Compatible with clients of Amazon Rekognition."},
    {"name": "service", "description": "Information about the service; does not require a key."},
]


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the app's routes."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=app.servers,
    )
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    for operations in document["paths"].values():
        for operation in operations.values():
            if "security" in operation:
                # An alternative without a key, for a service that was deployed with `Access=open`.
                operation["security"].append({})
            _add_examples(operation)
    describe_rekognition(document["paths"]["/rekognition"]["post"], document["components"])
    return document


def _add_examples(operation: dict[str, Any]) -> None:
    """Add an example to each JSON body, and replace FastAPI's "Successful Response" with the phrase of the status."""
    operation["responses"] = dict(sorted(operation["responses"].items()))
    for status, response in operation["responses"].items():
        if response["description"] == "Successful Response":
            response["description"] = HTTPStatus(int(status)).phrase
    for body in (operation.get("requestBody", {}), *operation["responses"].values()):
        content = body.get("content", {}).get("application/json", {})
        model = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if model in EXAMPLE_OF:
            content["example"] = EXAMPLE_OF[model]
