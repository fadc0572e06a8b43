"""The stores on an account in moto."""

import pytest
from facelib.stores.jobs.creation import JobStore

from tests.support.account import Cloud


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)
