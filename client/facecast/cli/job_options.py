"""Command-line options for a job, made from the fields of `Options`."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, Final

import typer

from facecast.cli.options import one_of
from facecast.models import Options

# `render` is a list, which each command reads in its own way.
_FIELDS: Final[dict[str, Any]] = {
    name: field for name, field in Options.model_json_schema()["properties"].items() if name != "render"
}
_TYPES: Final = {"integer": int, "number": float, "string": str, "boolean": bool}
_ADDED_HELP: Final = {"size": " Default: original if --out saves results that hide faces, otherwise fit."}


def with_job_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `options` of a command with one option for each field of `Options`.

    Typer makes the options of a command from the parameters in its signature.
    """

    @wraps(command)
    def with_options(**given: Any) -> None:  # noqa: ANN401 - of any command
        options = Options(**{name: given.pop(name) for name in _FIELDS})
        command(**given, options=options)

    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        parameters += map(_parameter, _FIELDS) if parameter.name == "options" else [parameter]
    with_options.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return with_options


def _parameter(name: str) -> Parameter:
    field = _FIELDS[name]
    [kind] = [kind for kind in field["anyOf"] if kind["type"] != "null"]
    option = typer.Option(
        None,
        f"--{name.replace('_', '-')}",
        min=kind.get("minimum"),
        max=kind.get("maximum"),
        callback=one_of(kind["enum"]) if "enum" in kind else None,
        metavar=_metavar(kind),
        help=field["description"].replace("`", "") + _ADDED_HELP.get(name, ""),
        show_default=False,
    )
    return Parameter(name, Parameter.KEYWORD_ONLY, default=option, annotation=_TYPES[kind["type"]] | None)


def _metavar(kind: dict[str, Any]) -> str | None:
    if "enum" in kind:
        return "|".join(kind["enum"])
    return f"{kind['minimum']:g}..{kind['maximum']:g}" if "minimum" in kind else None
