"""Fitting the stack's concurrency to an account's limit, and choosing the Region of a deployment."""

import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from infra.aws import account
from infra.aws.concurrency import FITTED, check_reserved, fit
from infra.errors import CommandFailed
from infra.parameters import parameters_of_template


def fitted(executions: int, **given: str) -> tuple[int, ...]:
    parameters = parameters_of_template() | given
    parameters |= fit(parameters, executions)
    return tuple(int(parameters[name]) for name in ("DetectorConcurrency", "IntakeConcurrency", "DeliveryConcurrency"))


@pytest.mark.parametrize(
    ("executions", "detectors", "intakes", "deliveries"),
    [(10, 2, 2, 2), (20, 8, 2, 2), (40, 10, 10, 4), (50, 10, 10, 10), (1_000, 10, 10, 10)],
)
def test_detectors_are_lowered_last(executions: int, detectors: int, intakes: int, deliveries: int) -> None:
    assert fitted(executions) == (detectors, intakes, deliveries)


@pytest.mark.parametrize("executions", range(10, 200, 7))
def test_the_api_always_keeps_two_fifths_of_the_executions(executions: int) -> None:
    assert sum(fitted(executions, DetectorConcurrency="50")) <= executions * 0.6


@pytest.mark.parametrize(("executions", "waiting"), [(10, "2"), (50, "10"), (1_000, "100")])
def test_waiting_requests_use_at_most_a_fifth_of_the_executions(executions: int, waiting: str) -> None:
    parameters = parameters_of_template()
    assert (parameters | fit(parameters, executions))["WaitingRequests"] == waiting


def test_reserved_detectors_do_not_use_the_shared_executions() -> None:
    assert fitted(50, DetectorConcurrency="100", DetectorReserved="100") == (100, 10, 10)


def test_lowered_values_are_parameters_of_the_template() -> None:
    assert set(FITTED) <= set(parameters_of_template())


def test_nothing_can_be_reserved_in_a_new_account() -> None:
    with pytest.raises(CommandFailed, match="AWS requires 100"):
        check_reserved(parameters_of_template() | {"ApiReserved": "2"}, {}, 10)


def test_existing_reservations_are_not_counted_twice() -> None:
    given = parameters_of_template() | {"DetectorReserved": "400", "ApiReserved": "400"}
    check_reserved(given, {"DetectorReserved": "400", "ApiReserved": "400"}, 200)
    check_reserved(given, {}, 1_000)
    with pytest.raises(CommandFailed):
        check_reserved(given, {}, 200)


@pytest.fixture
def no_region(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("AWS_REGION", "")
    # Setting the variable before deleting it makes monkeypatch also undo what `region` sets.
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    return monkeypatch


def test_without_a_region_nothing_is_deployed(no_region: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandFailed, match="No Region is set"):
        account.region()


def test_a_profiles_region_is_honoured(no_region: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The profile was once ignored, so the stack was deployed to us-east-1."""
    config = os.path.join(tmp_path, "config")  # noqa: PTH118
    with open(config, "w") as file:  # noqa: PTH123
        file.write("[profile eu]\nregion = eu-central-1\n")
    no_region.setenv("AWS_CONFIG_FILE", config)
    no_region.setenv("AWS_PROFILE", "eu")
    assert account.region() == "eu-central-1"
    assert os.environ["AWS_DEFAULT_REGION"] == "eu-central-1"


def test_the_region_variable_of_the_aws_cli_is_used(no_region: pytest.MonkeyPatch) -> None:
    no_region.setenv("AWS_REGION", "eu-west-3")
    assert account.region() == "eu-west-3"


@pytest.mark.parametrize(("code", "expected"), [("AccessDeniedException", None), ("ServiceException", ClientError)])
def test_only_a_missing_permission_to_read_the_quota_is_ignored(
    monkeypatch: pytest.MonkeyPatch, code: str, expected: type[Exception] | None
) -> None:
    client = boto3.client("lambda", region_name="us-east-1")
    monkeypatch.setattr(boto3, "client", lambda *_: client)
    with Stubber(client) as stub:
        stub.add_client_error("get_account_settings", code)
        if expected:
            with pytest.raises(expected):
                account._executions()
        else:
            assert account._executions() is None


def test_the_makefile_does_not_set_a_region_for_aws(repository: Path) -> None:
    """Targets for AWS use the caller's Region; local targets have a fixed one."""
    environment = {name: value for name, value in os.environ.items() if name != "AWS_DEFAULT_REGION"}

    printed = subprocess.run(
        ["make", "-npq", "help"], cwd=repository, env=environment, capture_output=True, text=True, check=False
    ).stdout
    with_region = set(re.findall(r"^([a-z0-9-]+): AWS_DEFAULT_REGION = us-east-1$", printed, re.MULTILINE))
    assert with_region.isdisjoint({"deploy", "delete", "erase", "key", "keys", "revoke", "logs"})
    assert with_region >= {"run", "package", "templates", "test"}
