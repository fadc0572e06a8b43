"""Gradual deployment: versions of the functions behind an alias, to which CodeDeploy shifts traffic step by step.

This is not in template.yaml itself because SAM publishes a version only for a change that it sees there: if only a
parameter changed, the functions would never receive it. Therefore, each function includes a digest of all parameters.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from samcli.yamlhelper import parse_yaml_file

ALIAS: Final = "live"
NONE: Final = "none"


def prepare(built: Path, parameters: Mapping[str, str]) -> Path:
    """Return the template to deploy: the built one or, for a gradual deployment, a new one in the same folder."""
    if parameters["GradualDeployment"] == NONE:
        return built
    # JSON is also YAML, and paths in a template are relative to its folder.
    prepared = built.with_name("gradual.yaml")
    prepared.write_text(json.dumps(gradual(parse_yaml_file(str(built)), parameters)))
    return prepared


def gradual(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the template with an alias for each function, and with all callers using the aliases."""
    resources = template["Resources"]
    functions = {name for name, one in resources.items() if one.get("Type") == "AWS::Serverless::Function"}
    digest = hashlib.sha256(json.dumps(dict(parameters), sort_keys=True).encode()).hexdigest()
    # Alarms and the dashboard use the functions' own metrics, which cover all versions, so they do not need the alias.
    changed = {
        name: one if str(one.get("Type")).startswith("AWS::CloudWatch::") else _through_alias(one, functions)
        for name, one in resources.items()
    }
    for name in functions:
        properties = changed[name]["Properties"]
        properties |= {
            "AutoPublishAlias": ALIAS,
            "AutoPublishAliasAllProperties": True,
            "VersionDeletionPolicy": "Delete",
            "DeploymentPreference": {
                "Type": parameters["GradualDeployment"],
                "Role": {"Fn::GetAtt": ["DeploymentRole", "Arn"]},
                "Alarms": [{"Ref": f"{name.removesuffix('Function')}CrashAlarm"}],
            },
        }
        properties["Environment"]["Variables"]["PARAMETERS_DIGEST"] = digest
    for name, one in changed.items():
        if name == "DeploymentRole":
            # The role is always needed here, so neither the role nor what refers to it may depend on a condition.
            one.pop("Condition")
        if one.get("Type") == "AWS::Serverless::LayerVersion":
            one["Properties"]["PublishLambdaVersion"] = True
    return {**template, "Resources": changed}


def _through_alias(node: Any, functions: Collection[str]) -> Any:  # noqa: ANN401 - any part of a template
    """Return a copy in which references to functions are references to their aliases."""
    match node:
        case {"Ref": name} if name in functions:
            return {"Ref": f"{name}.Alias"}
        case {"Fn::GetAtt": [name, "Arn"]} if name in functions:
            return {"Ref": f"{name}.Alias"}
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": re.sub(rf"\${{({'|'.join(functions)})\.Arn}}", r"${\1.Alias}", text)}
        case dict():
            return {key: _through_alias(value, functions) for key, value in node.items()}
        case list():
            return [_through_alias(value, functions) for value in node]
    return node
