"""Loads the template with its includes, and with intrinsic functions in their long form ({"Ref": ...})."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from samcli.yamlhelper import parse_yaml_file

from infra import ROOT

TEMPLATE: Final = ROOT / "template.yaml"
_IN_TEXT: Final = re.compile(r"\$\{([A-Za-z0-9]+)")


@dataclass(frozen=True)
class Resource:
    """A resource: its logical id, its type, its properties and its other attributes."""

    name: str
    type: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]


def load(path: Path = TEMPLATE) -> dict[str, Any]:
    """Return a copy of the template that the caller may change."""
    template = dict(_parsed(path))
    include = template["Resources"].pop("Fn::Transform")
    template["Resources"] |= _parsed(path.parent / include["Parameters"]["Location"])
    return template


def _parsed(path: Path) -> dict[str, Any]:
    return deepcopy(_parsed_once(path, path.stat().st_mtime_ns))


@cache
def _parsed_once(path: Path, _changed: int) -> dict[str, Any]:
    """Parse a file only once unless it changes, because parsing takes a tenth of a second."""
    return dict(parse_yaml_file(str(path)))


def resources(kind: str = "", path: Path = TEMPLATE) -> Iterator[Resource]:
    """Return every resource of this type, or all resources."""
    for name, resource in load(path)["Resources"].items():
        if not kind or resource["Type"] == kind:
            yield Resource(name, resource["Type"], resource.get("Properties", {}), resource)


def functions(path: Path = TEMPLATE) -> Iterator[Resource]:
    return resources("AWS::Serverless::Function", path)


def source_of(function: Resource) -> Path:
    """Return the folder of a function's package, according to its handler."""
    package = str(function.properties["Handler"]).partition(".")[0]
    return ROOT / "functions" / package.removeprefix("face_")


def layers_of(function: Resource) -> tuple[str, ...]:
    """Return the logical ids of a function's layers, starting with those that all functions share."""
    shared = load()["Globals"]["Function"]["Layers"]
    return tuple(layer["Ref"] for layer in (*shared, *function.properties.get("Layers", ())))


def mentioned(node: object) -> Iterator[str]:
    """Yield every logical id that this part of a template refers to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0] if isinstance(value, list) else value.split(".")[0]
            elif key == "Fn::Sub":
                yield from _IN_TEXT.findall(value if isinstance(value, str) else value[0])
            yield from mentioned(value)
    elif isinstance(node, list):
        for value in node:
            yield from mentioned(value)


def print_template() -> None:
    """Print the template as JSON, with the files it includes."""
    print(json.dumps(load(), indent=2))
