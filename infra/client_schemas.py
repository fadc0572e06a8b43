"""The schemas of the client's models, which are simplified from those of the API and the stream.

The schemas of requests are as strict as the service's. Those of responses accept additions by newer services: an
enumeration accepts any text, unknown fields are ignored, and a field that may be null may be missing.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
Schemas = Mapping[str, Schema]

_PREFIX: Final = "#/components/schemas/"
_EVENTS: Final = ("JobEnded", "JobCorrected", "JobDeleted")
# Keywords that the schemas of responses omit, because a newer service may relax or change these rules.
_RULES: Final = (
    *("default", "examples", "title", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems", "maxLength"),
)


def client_schemas(api: Schemas, stream: Schemas) -> Schemas:
    """Return the schemas of the messages that the client sends and receives, by the names of their models."""
    received = {
        **api,
        "Job": _of_any(api["JobView"], api["JobSummary"]),
        "JobOptions": api["Options"],
        "Event": _of_any(*(stream[name] for name in _EVENTS)),
    }
    # Not `Options`, because the options of a request are stricter.
    received["Job"]["properties"]["options"] = {"$ref": _PREFIX + "JobOptions"}
    responses = {name: _opened(received[name], api) for name in sorted(_needed(received, "Job", "Event"))}
    # An option that is missing from an older service's response has its default.
    for name, option in responses["JobOptions"]["properties"].items():
        option |= {"default": api["Options"]["properties"][name].get("default")}
    return {"Options": _request(api["Options"], api), **responses}


def _of_any(*schemas: Schema) -> Schema:
    """Return one schema that covers all of these, and requires only the fields that all of them require."""
    properties = {name: field for schema in reversed(schemas) for name, field in schema["properties"].items()}
    shared = set[str].intersection(*(set(schema["required"]) for schema in schemas))
    return {"type": "object", "properties": properties, "required": sorted(shared)}


def _request(options: Schema, api: Schemas) -> Schema:
    """Return the schema of a request's options, all of which can be omitted."""
    properties = {name: _request_field(schema, api) for name, schema in options["properties"].items()}
    return {"type": "object", "properties": properties}


def _request_field(schema: Schema, api: Schemas) -> Schema:
    """Return an option's schema without the default; a reference to an enumeration is replaced by its values."""
    [kind] = [kind for kind in schema.get("anyOf", [schema]) if kind != {"type": "null"}]
    if "$ref" in kind:
        kind = {"type": "string", "enum": api[_name(kind["$ref"])]["enum"]}
    items = {"items": {"type": "string"}} if kind["type"] == "array" else {}
    rules = {rule: value for rule, value in kind.items() if rule not in ("title", "default")}
    return {**rules, **items, "description": schema["description"]}


def _opened(node: Any, api: Schemas) -> Any:  # noqa: ANN401 - JSON
    """Return part of a schema, changed so that it also accepts the values and fields of newer services."""
    if isinstance(node, list):
        return [_opened(part, api) for part in node]
    if not isinstance(node, dict):
        return node
    if _is_name(node, api):
        return {"type": "string"}
    opened = {key: _opened(part, api) for key, part in node.items() if key not in _RULES and part is not False}
    if "required" in node:
        fields = node["properties"]
        opened["required"] = [name for name in node["required"] if not _may_be_null(fields[name])]
    return opened


def _is_name(node: Schema, api: Schemas) -> bool:
    """Return whether a schema is an enumeration or a constant."""
    return "enum" in node or "const" in node or ("$ref" in node and "enum" in api.get(_name(node["$ref"]), {}))


def _may_be_null(field: Schema) -> bool:
    return {"type": "null"} in field.get("anyOf", [])


def _needed(schemas: Schemas, *names: str) -> set[str]:
    """Return the names of these schemas and of all schemas to which they refer, except enumerations."""
    needed: set[str] = set()
    for name in names:
        referred = re.findall(rf'"{_PREFIX}(\w+)"', json.dumps(schemas[name]))
        needed |= {name} | _needed(schemas, *(one for one in referred if "enum" not in schemas[one]))
    return needed


def _name(reference: str) -> str:
    return reference.removeprefix(_PREFIX)
