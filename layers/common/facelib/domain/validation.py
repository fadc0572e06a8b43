"""Validation errors of pydantic as messages for the sender of the value."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BeforeValidator, ValidationError

from facelib.domain import limits
from facelib.domain.detail import shortened


def at_most(length: int) -> BeforeValidator:
    """Refuse a longer list before its items are validated: each invalid one would be a separate error."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple) and len(value) > length:
            raise ValueError(f"List should have at most {length} items, not {len(value):,}")
        return value

    return BeforeValidator(check)


def describe_errors(error: ValidationError, field_name: Callable[[str], str] = str) -> str:
    """Return the invalid fields with what is wrong, `max_faces: Input should be ...; size: ...`, without their values.

    `field_name` turns the name of a field into the one that the sender knows.
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
    """Return the first of `count` problems in one line, each truncated, and the number of the others."""
    shown = [shortened(problem, limits.PROBLEM_BYTES) for problem in problems[: limits.PROBLEMS]]
    others = count - len(shown)
    return "; ".join([*shown, f"and {others:,} more"] if others else shown)
