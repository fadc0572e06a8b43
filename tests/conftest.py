"""Fixtures and options for all kinds of tests."""

import contextlib
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# No test may access a real account by accident.
os.environ |= {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_TRACE_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "Facecast",
    "POWERTOOLS_SERVICE_NAME": "test",
}

from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.support.stack import Stack


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-seconds", type=int, default=20, help="seconds of fuzzing the HTTP API")
    parser.addoption("--drops", type=int, default=12, help="number of photos to drop while detectors are killed")
    parser.addoption("--size-seconds", type=float, default=0, help="seconds to keep trying large requests")
    parser.addoption("--fuzz-seed", type=int, default=1, help="seed of the fuzzing; another seed sends other requests")
    parser.addoption("--chaos", action="store_true", help="also run the tests marked `chaos`")
    parser.addoption("--chaos-photos", type=int, default=24, help="number of photos to send while workers are killed")
    parser.addoption(
        "--chaos-seed", type=int, default=1, help="seed for which workers are killed and what is delivered twice"
    )
    parser.addoption("--job-lives", type=int, default=4, help="number of random job histories to try")
    parser.addoption("--examples", type=int, default=40, help="number of events and damaged files to try")
    parser.addoption(
        "--every-combination",
        action="store_true",
        help="give odd files to each detector with every combination of options",
    )
    parser.addoption("--write-images", action="store_true", help="write the README's pictures to docs/images")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--chaos"):
        for item in items:
            if item.get_closest_marker("chaos"):
                item.add_marker(pytest.mark.skip(reason="runs with `make chaos`"))


def pytest_collection_finish() -> None:
    """Make garbage collection skip all imported objects, because scanning them took a tenth of the unit tests' time."""
    gc.freeze()


@pytest.fixture
def chaos(request: pytest.FixtureRequest) -> tuple[int, int]:
    """Return the number of photos, and the seed of the random events."""
    photos, seed = (request.config.getoption(name) for name in ("--chaos-photos", "--chaos-seed"))
    return int(photos), int(seed)


@pytest.fixture
def job_lives(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--job-lives"))


@pytest.fixture
def fuzzing(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the options of schemathesis that set its duration and its seed."""
    seconds, seed = (request.config.getoption(name) for name in ("--fuzz-seconds", "--fuzz-seed"))
    return f"--max-time={seconds}", f"--seed={seed}"


@pytest.fixture
def size_seconds(request: pytest.FixtureRequest) -> float:
    return float(request.config.getoption("--size-seconds"))


@pytest.fixture
def examples(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--examples"))


@pytest.fixture(name="free_port")
def a_free_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Stack"]:
    """Deploy the template with SAM to an emulator, once per process of the test run.

    Tests that use it are marked `xdist_group("stack")`, so that only one process deploys it.
    """
    with _deployed(tmp_path_factory.mktemp("stack")) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def closed_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Stack"]:
    """Deploy the template with `Access=keys`. Tests that use it are marked `xdist_group("closed")`."""
    with _deployed(tmp_path_factory.mktemp("closed"), Access="keys") as deployed:
        yield deployed


@contextlib.contextmanager
def _deployed(folder: Path, **parameters: str) -> Iterator["Stack"]:
    # Imported only by processes that deploy, because the imports take longer than many test files take to run.
    from infra.local.deploy import deploy  # noqa: PLC0415
    from infra.local.layout import LocalStack  # noqa: PLC0415
    from infra.local.server import running  # noqa: PLC0415
    from tests.support.stack import IMPATIENT, Stack  # noqa: PLC0415

    local_stack = LocalStack(free_port(), folder=folder)
    with (
        running(local_stack) as pid,
        contextlib.closing(Stack(local_stack, deploy(local_stack, pid, {**IMPATIENT, **parameters}))) as deployed,
    ):
        yield deployed


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[1]
