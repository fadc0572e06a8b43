"""Checks parameters against the enumerations, lengths and patterns in botocore's models, which botocore ignores.

Botocore itself checks only types, and whether parameters are missing or unknown.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.handlers import BUILTIN_HANDLERS
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

# Parameters that are not checked: the tests choose these names, and AWS also accepts ARNs.
_OF_TESTS: Final = {"FunctionName", "EventBusName"}


class ParameterInvalid(AssertionError):
    """A parameter that AWS would refuse."""


class _Check:
    """The check, which is off until a test turns it on for all threads."""

    on = False

    def __call__(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        if not self.on or model.input_shape is None:
            return
        for path, shape, value in _parts(model.input_shape, params, model.name):
            if problem := _problem(shape, value):
                raise ParameterInvalid(f"{path}: {problem}")


_check: Final = _Check()
# A boto3 session copies this list when it is created, and is then kept for the whole process.
BUILTIN_HANDLERS.append(("provide-client-params", _check))


@contextmanager
def checked() -> Iterator[None]:
    """Check every call in the block by a client whose session was created after this module was imported."""
    _check.on = True
    try:
        yield
    finally:
        _check.on = False


def _parts(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, Shape, Any]]:
    """Yield every part of a parameter with its shape."""
    yield path, shape, value
    match shape:
        case StructureShape() if isinstance(value, dict):
            for name in value.keys() & shape.members.keys() - _OF_TESTS:
                yield from _parts(shape.members[name], value[name], f"{path}.{name}")
        case ListShape() if isinstance(value, list | tuple):
            for one in value:
                yield from _parts(shape.member, one, path)
        case MapShape() if isinstance(value, dict):
            for name, one in value.items():
                yield from _parts(shape.value, one, f"{path}.{name}")


def _problem(shape: Shape, value: Any) -> str | None:
    size = value if isinstance(value, int | float) else len(value) if isinstance(value, str | list | tuple) else None
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if size is not None and not (least or size) <= size <= (size if most is None else most):
        return f"{size} is not between {least} and {most}"
    if isinstance(shape, StringShape) and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            return f"{value!r} is not one of {shape.enum}"
        pattern = shape.metadata.get("pattern", "")
        if _is_python(pattern) and not re.search(pattern, value):
            return f"{value!r} does not match {pattern}"
    return None


def _is_python(pattern: str) -> bool:
    # The models use Java's regular expressions, a few of which Python does not support.
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
