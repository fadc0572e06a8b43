"""Adds fields of `Job` to other models: those that `Job` marks with `Shown`."""

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import Field, create_model

from facelib.domain.frozen import Frozen
from facelib.domain.job import Job, Shown

FrozenT = TypeVar("FrozenT", bound=Frozen)


def with_job_fields(is_chosen: Callable[[Shown], bool]) -> Callable[[type[FrozenT]], type[FrozenT]]:
    """Return a decorator that adds to a model the fields of `Job` for whose marks `is_chosen` is true, in order."""

    def add(model: type[FrozenT]) -> type[FrozenT]:
        return create_model(model.__name__, __base__=model, __doc__=model.__doc__, **_definitions(is_chosen))

    return add


def _definitions(is_chosen: Callable[[Shown], bool]) -> dict[str, Any]:
    return {
        name: (field.annotation, Field(description=mark.description, examples=list(mark.examples) or None))
        for name, field in Job.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Shown) and is_chosen(mark)
    }
