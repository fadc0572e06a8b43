"""The options of a job as text, in a query or in the fields of a form."""

from functools import cache
from typing import Any

from facelib.domain.options import Options
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, QueryParams


def read_options(fields: QueryParams | FormData, source: str, *other_fields: str) -> Options:
    """Read the options among the fields. A list may be given as repeated fields, or as values separated by commas.

    Raises RequestValidationError, which names the `source` (`query` or `body`).
    """
    lists = {name for name, schema in option_properties().items() if schema.get("type") == "array"}
    text = {
        name: ",".join(map(str, fields.getlist(name))) if name in lists else str(fields[name])
        for name in fields
        if name not in other_fields
    }
    try:
        return Options.from_text(text)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": (source, *one["loc"])} for one in error.errors()]) from None


@cache
def option_properties() -> dict[str, Any]:
    """Return the schema of each option, without null, which text cannot represent."""
    schema = Options.model_json_schema(ref_template="#/components/schemas/{model}")
    return {name: _without_null(option) for name, option in schema["properties"].items()}


def option_parameters() -> list[dict[str, Any]]:
    """Return the OpenAPI descriptions of the options as query parameters."""
    return [
        {"name": name, "in": "query", "required": False, "description": schema["description"], "schema": schema}
        for name, schema in option_properties().items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" not in schema:
        return schema
    (allowed,) = (option for option in schema["anyOf"] if option != {"type": "null"})
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**allowed, **rest}
