"""The OpenAPI document: FastAPI's own, and the shape of every error."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from face_api.models import Problem


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the app's routes."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, servers=app.servers
    )
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    for operations in document["paths"].values():
        for operation in operations.values():
            if "security" in operation:
                # None where the service was deployed with `Access=open`.
                operation["security"].append({})
    return document
