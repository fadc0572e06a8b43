"""In unit tests, parameters that AWS would refuse are refused even if moto accepts them."""

import pytest
from facelib.stores import clients

from tests.support.account import Cloud
from tests.support.strict_parameters import ParameterInvalid


@pytest.mark.usefixtures("account")
def test_an_invalid_enumeration_value_is_refused() -> None:
    with pytest.raises(ParameterInvalid, match="ReturnConsumedCapacity: 'ALL' is not one of"):
        clients.dynamodb().get_item(TableName="jobs", Key={}, ReturnConsumedCapacity="ALL")  # type: ignore[arg-type]


def test_an_invalid_length_is_refused(account: Cloud) -> None:
    with pytest.raises(ParameterInvalid, match="is not between 1 and 100"):
        clients.dynamodb().transact_write_items(TransactItems=[])


def test_valid_parameters_pass(account: Cloud) -> None:
    assert "Item" not in clients.dynamodb().get_item(TableName=account.keys_table, Key={"key_id": {"S": "x"}})
