"""A release contains the notes for its version, and fails if there are none."""

from pathlib import Path

import facecast
import pytest
import yaml

from infra.errors import CommandFailed
from infra.release_notes import notes

CHANGELOG = """# Changelog

## [Unreleased]

### Added
- Something to come.

## [1.0.0] - 2026-12-01

### Added
- The first release.

### Fixed
- Nothing.

## [0.9.0] - 2026-11-01
"""


def test_the_notes_are_the_section_of_the_released_version() -> None:
    assert notes("v1.0.0", CHANGELOG, "1.0.0") == "### Added\n- The first release.\n\n### Fixed\n- Nothing."


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        ("v1.0.1", "1.0.0", "is not v1.0.0, the version"),
        ("1.0.0", "1.0.0", "is not v1.0.0"),
        ("v1.0.0-rc1", "1.0.0", "is not v1.0.0"),
        ("v1.1.0", "1.1.0", "no section"),
        ("v0.9.0", "0.9.0", "no section"),
        ("v1.0.0", "1x0.0", "is not"),
    ],
)
def test_inconsistent_versions_are_not_released(tag: str, version: str, message: str) -> None:
    with pytest.raises(CommandFailed, match=message):
        notes(tag, CHANGELOG, version)


def test_the_version_is_written_in_one_place(repository: Path) -> None:
    for project in ("pyproject.toml", "client/pyproject.toml"):
        text = (repository / project).read_text()
        assert 'dynamic = ["version"]' in text
        assert "facecast/version.py" in text
        assert facecast.__version__ not in text


def test_the_workflow_builds_and_tests_its_release(repository: Path) -> None:
    workflow = yaml.safe_load((repository / ".github/workflows/release.yaml").read_text())
    # YAML reads `on` as true.
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    assert workflow["permissions"] == {"contents": "read"}
    steps = [step.get("run", "") for step in workflow["jobs"]["release"]["steps"]]
    order = ["infra release-notes", "make wheel", "tests/packaging/test_client.py", "gh release create"]
    places = [next(at for at, step in enumerate(steps) if one in step) for one in order]
    assert places == sorted(places)
