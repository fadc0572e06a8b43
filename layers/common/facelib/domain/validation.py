"""Turns pydantic's validation errors into messages for the sender of the value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BeforeValidator, ValidationError

from facelib.domain import limits
from facelib.domain.detail import shortened


def at_most(length: int) -> BeforeValidator:
    """Return a validator that refuses a longer list before its items are validated, so there is only one error."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple) and len(value) > length:
            raise ValueError(f"List should have at most {length} items, not {len(value):,}")
        return value

    return BeforeValidator(check)


def describe_errors(error: ValidationError, field_name: Callable[[str], str] = str) -> str:
    """Describe the invalid fields without their values, for example `max_faces: Input should be ...; size: ...`.

    `field_name` converts the name of a field to the name that the sender uses.
    """
    problems = []
    for problem in error.errors(include_input=False, include_url=False)[: limits.PROBLEMS]:
        field, message = ".".join(map(str, problem["loc"])), message_of(problem)
        problems.append(f"{field_name(field)}: {message}" if field else message)
    return summary(problems, error.error_count())


def message_of(problem: Mapping[str, Any]) -> str:
    """Return the message of one of pydantic's errors."""
    return str(problem["msg"]).removeprefix("Value error, ")


def summary(problems: Sequence[str], count: int) -> str:
    """Return one line with the first few problems, each truncated, and the number of the others out of `count`."""
    shown = [shortened(problem, limits.PROBLEM_BYTES) for problem in problems[: limits.PROBLEMS]]
    others = count - len(shown)
    return "; ".join([*shown, f"and {others:,} more"] if others else shown)
