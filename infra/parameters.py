"""Checks the parameters of template.yaml that `make run` and `make deploy` receive, before anything starts."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from face_models import BEST, MODELS, models_of

from infra.cloudformation import CloudFormation
from infra.errors import CommandFailed
from infra.template import load

_ORIGIN: Final = re.compile(r"https?://[^/\s*,]+")


def parameters_of_template() -> dict[str, str]:
    """All parameters with their defaults."""
    return {name: str(parameter.get("Default", "")) for name, parameter in load()["Parameters"].items()}


def read_parameters(pairs: Sequence[str]) -> dict[str, str]:
    """Read NAME=VALUE pairs. Raises CommandFailed for any other text, an unknown name or an invalid value."""
    parameters = load()["Parameters"]
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise CommandFailed(f'Pass parameters as NAME=VALUE, not {pair!r}: make run PARAMETERS="Quality=fast"')
        if name not in parameters:
            raise CommandFailed(f"template.yaml has no parameter {name!r}. It has: {', '.join(sorted(parameters))}.")
        if not _is_allowed(value, parameters[name]):
            raise CommandFailed(f"{name} cannot be {value!r}; it must be {_allowed(parameters[name])}.")
        given[name] = value
    return given


def check_together(parameters: Mapping[str, str]) -> None:
    """Check the values of all parameters against each other. Raises CommandFailed for contradictions.

    This evaluates the template's rules, and then makes the checks that CloudFormation's rules cannot express.
    """
    problems = CloudFormation(load(), parameters).broken_rules()
    reserved, concurrency = int(parameters["DetectorReserved"]), int(parameters["DetectorConcurrency"])
    if 0 < reserved < concurrency:
        problems.append(
            f"DetectorReserved={reserved} is less than DetectorConcurrency={concurrency}, so Lambda would throttle "
            "photos until they fail. Raise the first or lower the second."
        )
    origins = parameters["CorsOrigins"].split(",")
    wrong = [origin for origin in origins if not _ORIGIN.fullmatch(origin)]
    if wrong and origins != ["*"]:
        problems.append(
            f"CorsOrigins cannot contain {wrong[0]!r}: expected origins like https://example.org, or only *."
        )
    if problems:
        raise CommandFailed("\n".join(problems))


def _is_allowed(value: str, parameter: Mapping[str, Any]) -> bool:
    if "AllowedValues" in parameter:
        return value in map(str, parameter["AllowedValues"])
    if "AllowedPattern" in parameter:
        return re.fullmatch(parameter["AllowedPattern"], value) is not None
    if parameter["Type"] != "Number":
        return True
    least, most = parameter.get("MinValue", 0), parameter.get("MaxValue", float("inf"))
    return value.isascii() and value.isdigit() and int(least) <= int(value) <= float(most)


def _allowed(parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return f"one of {', '.join(map(str, parameter['AllowedValues']))}"
    if "AllowedPattern" in parameter:
        return str(parameter.get("ConstraintDescription", f"like {parameter['AllowedPattern']}"))
    least = f"a whole number from {parameter.get('MinValue', 0)}"
    return f"{least} to {parameter['MaxValue']}" if "MaxValue" in parameter else f"{least} upwards"


def installed_models() -> tuple[str, ...]:
    """List the models in this checkout."""
    return tuple(name for name, model in MODELS.items() if model.path.is_file())


def detection_models(given: Mapping[str, str], at_hand: Collection[str]) -> tuple[str, ...]:
    """List the installed models that will be used. Raises CommandFailed if a requested model is missing."""
    detector = given.get("Detector", parameters_of_template()["Detector"])
    try:
        requested = [model.name for model in models_of(detector)]
    except ValueError as error:
        raise CommandFailed(str(error)) from None
    used = tuple(name for name in requested if name in at_hand)
    missing = [name for name in requested if name not in at_hand]
    if missing and (detector != BEST or not used):
        raise CommandFailed(f"The model {missing[0]} is missing. To download it: make model MODEL={missing[0]}")
    return used
