"""Lets moto remember what it would compute again for each call, which takes a fifth of a call's time."""

from collections.abc import Callable, Hashable, Iterable
from functools import cache
from typing import Any, Final

from moto import backend_index
from moto.core import models, responses, utils
from moto.core.base_backend import BaseBackend
from moto.core.serialize import AttributePicker, AttributePickerContext, XFormedAttributePicker

_SERVICES: Final = {"dynamodb", "events", "lambda", "logs", "s3", "sqs"}


def remember() -> None:
    """Change moto for the rest of the process."""
    # Clients of boto3 do not need moto's patch of `requests`, which takes longer than most tests.
    models.RESPONSES_METHODS.clear()
    # Each call is compared with the addresses of one service after another.
    addresses = backend_index.backend_url_patterns
    addresses[:] = [(service, pattern) for service, pattern in addresses if service in _SERVICES]
    _patch(responses, "method_names_from_class", cache(utils.method_names_from_class))
    _patch(BaseBackend, "urls", property(_remembered(vars(BaseBackend)["urls"].fget, by=type)))
    for picker in (AttributePicker, XFormedAttributePicker):
        _patch(picker, "get_possible_keys", _remembered(_listed(picker.get_possible_keys), by=_place))


def _listed(function: Callable[..., Iterable[str]]) -> Callable[..., list[str]]:
    return lambda *arguments: list(function(*arguments))


def _place(_: AttributePicker, context: AttributePickerContext) -> Hashable:
    return context.key, context.shape, type(context.obj)


def _patch(owner: object, name: str, value: object) -> None:
    setattr(owner, name, value)


def _remembered(function: Callable[..., Any], by: Callable[..., Hashable]) -> Callable[..., Any]:
    known: dict[Hashable, Any] = {}

    def call(*arguments: Any) -> Any:
        key = by(*arguments)
        if key not in known:
            known[key] = function(*arguments)
        return known[key]

    return call
