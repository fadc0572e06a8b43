"""Fixtures for the stores, with an AWS account in moto."""

import pytest

from tests.support.account import Cloud
from tests.support.job_store import JobStore


@pytest.fixture
def jobs(account: Cloud) -> JobStore:
    return JobStore(account.jobs_table)
