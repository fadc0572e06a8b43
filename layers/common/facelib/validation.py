"""pydantic's validation errors as text for whoever sent the value."""

from collections.abc import Callable

from pydantic import ValidationError


def describe_errors(error: ValidationError, field_name: Callable[[str], str] = str) -> str:
    """Return every invalid field with what is wrong, `max_faces: Input should be ...; size: ...`, without its value.

    `field_name` turns the name of a field into the one that the sender knows.
    """
    problems = []
    for problem in error.errors(include_input=False, include_url=False):
        field, message = ".".join(map(str, problem["loc"])), problem["msg"].removeprefix("Value error, ")
        problems.append(f"{field_name(field)}: {message}" if field else message)
    return "; ".join(problems)
