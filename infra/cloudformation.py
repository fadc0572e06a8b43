"""Evaluates a template as CloudFormation does: conditions, rules and intrinsic functions, for given parameters."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from facelib.domain.frozen import Frozen

_IN_TEXT: Final = re.compile(r"\$\{(!?)([A-Za-z0-9:.]+)\}")
NO_VALUE: Final = object()

# Intrinsic functions that depend only on their resolved arguments.
_PURE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "GetAtt": lambda given: given if isinstance(given, str) else ".".join(given),
    "Equals": lambda given: str(given[0]) == str(given[1]),
    "Not": lambda given: not given[0],
    "And": all,
    "Or": any,
    "Contains": lambda given: str(given[1]) in map(str, given[0]),
    "Join": lambda given: given[0].join(given[1]),
    "Split": lambda given: given[1].split(given[0]),
    "Select": lambda given: given[1][int(given[0])],
}


class Region(Frozen):
    """A Region, with its partition and the suffix of its addresses."""

    name: str
    partition: str = "aws"
    suffix: str = "amazonaws.com"


VIRGINIA: Final = Region(name="us-east-1")


class CloudFormation:
    """Resolves parts of a template.

    References to resources become logical ids, and references to attributes become `Id.Attribute`.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str], region: Region = VIRGINIA) -> None:
        defaults = {name: str(one.get("Default", "")) for name, one in template["Parameters"].items()}
        self._template = template
        self._values: dict[str, object] = {
            **defaults,
            "AWS::Region": region.name,
            "AWS::Partition": region.partition,
            "AWS::URLSuffix": region.suffix,
            "AWS::AccountId": "123456789012",
            "AWS::StackName": "facecast",
            "AWS::StackId": f"arn:{region.partition}:cloudformation:{region.name}:123456789012:stack/facecast/"
            "51af3dc0-da77-11e4-872e-1234567db123",
            "AWS::NoValue": NO_VALUE,
            **parameters,
        }
        for name, one in template["Parameters"].items():
            if one["Type"] == "CommaDelimitedList":
                self._values[name] = str(self._values[name]).split(",")

    def condition(self, name: str) -> bool:
        return bool(self.resolve(self._template["Conditions"][name]))

    def broken_rules(self) -> list[str]:
        """Return the template's description of each assertion that is not met."""
        return [
            assertion["AssertDescription"]
            for rule in self._template.get("Rules", {}).values()
            if self.resolve(rule.get("RuleCondition", True))
            for assertion in rule["Assertions"]
            if not self.resolve(assertion["Assert"])
        ]

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return every resource whose condition is true, with its intrinsic functions resolved."""
        return {
            name: self.resolve(resource)
            for name, resource in self._template["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }

    def outputs(self) -> dict[str, Any]:
        return {
            name: self.resolve(output["Value"])
            for name, output in self._template["Outputs"].items()
            if "Condition" not in output or self.condition(output["Condition"])
        }

    def resolve(self, node: Any) -> Any:  # noqa: ANN401 - any part of a template
        if isinstance(node, list):
            return [value for one in node if (value := self.resolve(one)) is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function in {"Ref", "Condition"} and isinstance(argument, str):
                return self._values.get(argument, argument) if function == "Ref" else self.condition(argument)
            if function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        return {key: value for key, one in node.items() if (value := self.resolve(one)) is not NO_VALUE}

    def _call(self, function: str, argument: Any) -> Any:  # noqa: ANN401 - any part of a template
        if function == "If":
            return self.resolve(argument[1] if self.condition(argument[0]) else argument[2])
        if function == "Sub":
            return self._substitute(argument)
        given = self.resolve(argument)
        if function == "FindInMap":
            name, first, second = given
            return self.resolve(self._template["Mappings"][name][first][second])
        return _PURE[function](given)

    def _substitute(self, argument: str | list[Any]) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else (argument[0], self.resolve(argument[1]))

        def value(match: re.Match[str]) -> str:
            literal, name = match.groups()
            return f"${{{name}}}" if literal else str(own.get(name, self._values.get(name, name)))

        return _IN_TEXT.sub(value, text)
