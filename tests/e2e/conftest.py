"""Holders of keys, for tests of a stack that requires keys."""

import pytest

from tests.support.keys import Holder, holder
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def alice(closed_stack: Stack) -> Holder:
    return holder(closed_stack, "alice")


@pytest.fixture(scope="module")
def bob(closed_stack: Stack) -> Holder:
    return holder(closed_stack, "bob")
