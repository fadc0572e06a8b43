"""What comes from elsewhere is named exactly: actions by commit, images by version; pip itself asks for hashes."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from samcli.yamlhelper import parse_yaml_file

from infra.local.layout import ROOT

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
COMPOSE: Final[dict[str, Any]] = parse_yaml_file(str(ROOT / "infra" / "compose.yaml"))["services"]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(workflow: Path) -> None:
    used = re.findall(r"uses: *(\S+)", workflow.read_text())
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)] == []


@pytest.mark.parametrize("service", COMPOSE)
def test_images_name_one_release(service: str) -> None:
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?", COMPOSE[service]["image"])


def test_the_container_is_the_emulator_that_is_installed() -> None:
    version = COMPOSE["ministack"]["image"].partition(":")[2].partition("@")[0]
    assert f"ministack[full]=={version}" in (ROOT / "requirements.in").read_text()


def test_permissions_count_in_containers_too() -> None:
    assert COMPOSE["ministack"]["environment"]["AUTH"] == "true"
    assert COMPOSE["localstack"]["environment"]["ENFORCE_IAM"] == "1"
