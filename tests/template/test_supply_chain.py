"""Third-party code is pinned: actions by commit, images by version; pip and uv themselves check hashes."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from samcli.yamlhelper import parse_yaml_file

from infra import ROOT
from infra.local import localstack

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
LOCKS: Final = [
    ROOT / "requirements.txt",
    ROOT / "requirements-dev.txt",
    ROOT / "infra" / "uv.txt",
    ROOT / "infra" / "checks" / "requirements.lock",
    ROOT / "infra" / "local" / "localstack.lock",
    *sorted((ROOT / "layers").glob("*/requirements.lock")),
]
COMPOSE: Final[dict[str, Any]] = parse_yaml_file(str(ROOT / "infra" / "compose.yaml"))["services"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(workflow: Path) -> None:
    used = re.findall(r"uses: *(\S+)", workflow.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("service", COMPOSE)
def test_images_name_one_release(service: str) -> None:
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?", COMPOSE[service]["image"])


def test_the_container_has_the_installed_version_of_the_emulator() -> None:
    version = COMPOSE["ministack"]["image"].partition(":")[2].partition("@")[0]
    assert f"ministack=={version}" in (ROOT / "requirements.in").read_text()


def test_permissions_are_also_checked_in_containers() -> None:
    assert COMPOSE["ministack"]["environment"]["AUTH"] == "true"
    assert COMPOSE["localstack"]["environment"]["ENFORCE_IAM"] == "1"


def test_localstack_in_a_container_is_closed_to_the_network_and_checks_signatures() -> None:
    environment = COMPOSE["localstack"]["environment"]
    ours = localstack.settings(4566, 0)
    assert environment["GATEWAY_LISTEN"] == ours["GATEWAY_LISTEN"] == "127.0.0.1:4566"
    for name in ("GATEWAY_SERVER", "S3_SKIP_SIGNATURE_VALIDATION"):
        assert environment[name] == ours[name]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_package_of_a_lock_has_its_hashes(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    packages = [at for at, line in enumerate(lines) if not line.startswith(" ")]
    assert packages
    assert [lines[at] for at in packages if "==" not in lines[at] or "--hash=sha256:" not in lines[at + 1]] == []


@pytest.mark.parametrize("installer", ["Makefile", "infra/audit.py", "infra/local/localstack.py", "layers/install.py"])
def test_nothing_is_installed_from_a_lock_without_its_hashes(installer: str) -> None:
    text = (ROOT / installer).read_text()
    assert "--require-hashes" in text
    # Every line that installs from a lock requires hashes.
    assert not re.search(r"^(?!.*--require-hashes).*pip install.*(--requirement|-r) ", text, re.MULTILINE)
