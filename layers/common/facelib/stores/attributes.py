"""Converts models to DynamoDB items, with one typed attribute for each field that is not None.

Only this module maps the types of fields to DynamoDB's types. A model with a field of any other type fails when its
module is imported, not when the first item is read.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import AwareDatetime, BaseModel

Item = dict[str, Any]  # Attribute name → {"S": text} or {"N": digits}, as in DynamoDB's API.

_serialize: Final = TypeSerializer().serialize
_deserialize: Final = TypeDeserializer().deserialize


def text(value: str) -> Item:
    return {"S": value}


def number(value: int) -> Item:
    return {"N": str(value)}


def utc_now() -> datetime:
    return datetime.now(UTC)


def time_text(at: datetime) -> str:
    """Format a time as RFC 3339 in UTC, always with microseconds, so that it sorts as text."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Stored:
    """How values of a type are stored: `store` converts them for boto3, and `load` converts them back for pydantic."""

    store: Callable[[Any], Any]
    load: Callable[[Any], Any]


def as_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _same(value: Any) -> Any:  # noqa: ANN401 - any type that both pydantic and boto3 know
    return value


_TEXT: Final = Stored(str, _same)
_TIME: Final = Stored(time_text, _same)
# Stored as text, because no expression reads the fields of such a model.
_JSON_MODEL: Final = Stored(BaseModel.model_dump_json, json.loads)
# A set has no order, so it is loaded in alphabetical order.
_SET: Final = Stored(set, sorted)
_STORED: Final[Mapping[object, Stored]] = {
    str: _TEXT,
    int: Stored(_same, _same),
    bool: Stored(_same, _same),
    # boto3 refuses floats. `repr` returns the shortest decimal that is read as the same float.
    float: Stored(lambda value: Decimal(repr(value)), _same),
    AwareDatetime: _TIME,
    dict[str, float]: Stored(json.dumps, json.loads),
}

ModelT = TypeVar("ModelT", bound=BaseModel)


class Items(Generic[ModelT]):
    """Converts models of one class. Raises TypeError if the type of a field is not mapped."""

    def __init__(self, model: type[ModelT], own: Mapping[object, Stored] | None = None) -> None:
        self._model = model
        mapping = {**_STORED, **(own or {})}
        self._fields = {name: _stored(name, field.annotation, mapping) for name, field in model.model_fields.items()}

    def item(self, model: ModelT) -> Item:
        """Return the attributes of a model, without fields that are None."""
        values = {name: (stored, getattr(model, name)) for name, stored in self._fields.items()}
        return {name: _serialize(stored.store(value)) for name, (stored, value) in values.items() if value is not None}

    def values(self, item: Item) -> dict[str, Any]:
        """Return the existing fields of an item, for pydantic to validate."""
        return {name: stored.load(_deserialize(item[name])) for name, stored in self._fields.items() if name in item}

    def model(self, item: Item) -> ModelT:
        """Return the model of an item. Raises pydantic's ValidationError if the item is malformed."""
        return self._model.model_validate(self.values(item))


def _stored(name: str, annotation: object, mapping: Mapping[object, Stored]) -> Stored:
    kind = _without_none(annotation)
    if kind in mapping:
        return mapping[kind]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _JSON_MODEL
    if _is_enum(kind):
        return _TEXT
    if get_origin(kind) in (tuple, frozenset) and _is_enum(get_args(kind)[0]):
        return _SET
    raise TypeError(f"{name}: {annotation} is not mapped to one of DynamoDB's types.")


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def _without_none(annotation: object) -> object:
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation
