"""The template as a whole."""

import graphlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from facelib import limits

from infra.local.layout import ROOT
from infra.template import Resource, functions, load

BIN = Path(sys.executable).parent
IN_TEXT = re.compile(r"\$\{([A-Za-z0-9]+)")


def mentioned(node: object) -> Iterator[str]:
    """Every logical id that this part of the template refers to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0] if isinstance(value, list) else value.split(".")[0]
            elif key == "Fn::Sub":
                yield from IN_TEXT.findall(value if isinstance(value, str) else value[0])
            yield from mentioned(value)
    elif isinstance(node, list):
        for value in node:
            yield from mentioned(value)


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def events_of(function: Resource) -> Iterable[str]:
    return dict(function.properties.get("Events", {}))


def test_nothing_depends_on_itself() -> None:
    resources = load()["Resources"]
    # SAM makes a resource of a function's event, named after both.
    events = {f"{function.name}{event}": function.name for function in functions() for event in events_of(function)}
    graph = {
        name: {other for other in mentioned(resource) if other in resources}
        | {events.get(after, after) for after in listed(resource.get("DependsOn", []))}
        for name, resource in resources.items()
    }
    # Raises CycleError, which names the circle.
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) == len(resources)


def test_indexes_are_spread_as_the_code_expects() -> None:
    template = load()
    assert template["Parameters"]["IndexShards"]["Default"] == limits.INDEX_SHARDS
    assert template["Globals"]["Function"]["Environment"]["Variables"]["INDEX_SHARDS"] == {"Ref": "IndexShards"}


def test_every_parameter_is_used_and_explained() -> None:
    template = load()
    used = (
        set(mentioned(template["Resources"]))
        | set(mentioned(template["Conditions"]))
        | set(mentioned(template["Globals"]))
    )
    for name, parameter in template["Parameters"].items():
        assert name in used, name
        assert parameter["Description"], name


def test_linters_have_nothing_to_say(tmp_path: Path) -> None:
    whole = tmp_path / "template.json"
    whole.write_text(json.dumps(load()))
    for command in (["cfn-lint", "template.yaml", str(whole)], ["sam", "validate", "--lint"]):
        done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_cloudformation_includes_is_in_the_long_form() -> None:
    """CloudFormation does not know !Ref and its like in what AWS::Include takes in."""
    text = (ROOT / "infra" / "aws" / "operations.yaml").read_text()
    assert not re.findall(r"^[^#]*[\s\[]!\w+", text, re.MULTILINE)
