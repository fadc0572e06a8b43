"""Parameters of template.yaml as they are given to `make run`: checked before anything starts."""

from collections.abc import Mapping, Sequence

from face_models import BEST, MODELS

from infra.local.errors import LocalError
from infra.template import load


def parameters_of_template() -> dict[str, str]:
    """Every parameter with its default."""
    return {name: str(parameter.get("Default", "")) for name, parameter in load()["Parameters"].items()}


def read_parameters(pairs: Sequence[str]) -> dict[str, str]:
    """Read NAME=VALUE. Raises LocalError for anything else, an unknown name or a value that is not allowed."""
    parameters = load()["Parameters"]
    given: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise LocalError(f'Parameters are given as NAME=VALUE, not {pair!r}: make run PARAMETERS="Quality=fast"')
        if name not in parameters:
            raise LocalError(f"template.yaml has no parameter {name!r}. It has: {', '.join(sorted(parameters))}.")
        allowed = parameters[name].get("AllowedValues")
        if allowed and value not in map(str, allowed):
            raise LocalError(f"{name} cannot be {value!r}; it is one of {', '.join(map(str, allowed))}.")
        given[name] = value
    return given


def detection_models(given: Mapping[str, str]) -> tuple[str, ...]:
    """Name the models that will be used. Raises LocalError where the requested one is missing."""
    detector = given.get("Detector", parameters_of_template()["Detector"])
    requested = MODELS if detector == BEST else {detector: MODELS[detector]}
    there = tuple(name for name, model in requested.items() if model.path.is_file())
    if not there:
        raise LocalError(f"The model {detector} is missing. Fetch it: make model MODEL={detector}")
    return there
