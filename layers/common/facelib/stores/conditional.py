"""Conditional writes with composed conditions, and an exception for a condition that was not met."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from facelib.stores.attributes import Item
from facelib.stores.clients import code_of


class ConditionFailed(Exception):
    """A condition of a write was not met."""

    def __init__(self, item: Item) -> None:
        super().__init__("The condition of a write was not met.")
        # The current item, if the write requested it; {} if it does not exist.
        self.item = item


@contextmanager
def conditional_write() -> Iterator[None]:
    """Raise ConditionFailed if DynamoDB reports that the condition of a write was not met."""
    try:
        yield
    except ClientError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        response: Mapping[str, Any] = error.response
        raise ConditionFailed(response.get("Item", {})) from None


def condition_arguments(condition: ConditionBase) -> dict[str, Any]:
    """Return a condition as the arguments of a call to DynamoDB."""
    built = ConditionExpressionBuilder().build_expression(condition)
    serialize = TypeSerializer().serialize
    values = {name: serialize(value) for name, value in built.attribute_value_placeholders.items()}
    return {
        "ConditionExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        **({"ExpressionAttributeValues": values} if values else {}),
    }


@dataclass(frozen=True)
class Change:
    """What an update does to an item."""

    put: Item = field(default_factory=dict)
    # Elements to add to a set.
    add: Item = field(default_factory=dict)
    remove: Iterable[str] = ()
    # Attributes, and the expressions whose values they get: {"a": "if_not_exists(b, a)"}.
    copy: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, condition: ConditionBase | None) -> dict[str, Any]:
        """Return the arguments of an UpdateItem."""
        conditional = condition_arguments(condition) if condition is not None else {}
        written = {**self.put, **self.add}
        names = {f"#{name}": name for name in (*written, *self.remove)}
        values = {f":{name}": value for name, value in written.items()}
        placeholders = {
            "ExpressionAttributeNames": conditional.get("ExpressionAttributeNames", {}) | names,
            "ExpressionAttributeValues": conditional.get("ExpressionAttributeValues", {}) | values,
        }
        update = {"UpdateExpression": " ".join(self._clauses())}
        # DynamoDB refuses empty maps.
        return conditional | update | {name: given for name, given in placeholders.items() if given}

    def _clauses(self) -> Iterator[str]:
        assignments = [f"#{name} = :{name}" for name in self.put]
        assignments += [f"{name} = {expression}" for name, expression in self.copy.items()]
        for action, parts in (
            ("SET", assignments),
            ("ADD", [f"#{name} :{name}" for name in self.add]),
            ("REMOVE", [f"#{name}" for name in self.remove]),
        ):
            if parts:
                yield f"{action} {', '.join(parts)}"
