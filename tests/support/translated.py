"""The template in the form that AWS deploys: translated by SAM, and resolved for a Region."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from samtranslator.translator.transform import transform

from infra.cloudformation import VIRGINIA, CloudFormation, Region
from infra.template import load

UPLOADED: Final = "s3://bucket/code"


class _NoManagedPolicies:
    """An empty list of managed policies. No function uses any, but SAM would request the list from IAM."""

    def load(self) -> dict[str, str]:
        return {}


def translate(
    parameters: Mapping[str, str] | None = None, changed: Callable[[dict[str, Any]], dict[str, Any]] = dict
) -> dict[str, Any]:
    """Return the template for these parameters, translated from SAM to CloudFormation. `changed` may edit it first."""
    template = changed(load())
    content = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
    for resource in template["Resources"].values():
        if resource["Type"] in content:
            resource["Properties"][content[resource["Type"]]] = UPLOADED
    translated: dict[str, Any] = transform(template, dict(parameters or {}), _NoManagedPolicies())
    return translated


def deployed(
    translated: Mapping[str, Any], parameters: Mapping[str, str] | None = None, region: Region = VIRGINIA
) -> CloudFormation:
    return CloudFormation(translated, parameters or {}, region)
