"""Which build is packaged."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.aws import package


@pytest.mark.parametrize(("endpoint", "is_partial"), [(None, False), ("http://localhost:4566", True)])
def test_only_a_local_stack_gets_packages_without_their_dependencies(
    endpoint: str | None, is_partial: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built: list[Mapping[str, str]] = []

    def sam(
        arguments: list[str], environment: Mapping[str, str], _output: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        built.append(environment)
        return subprocess.CompletedProcess(arguments, 0)

    monkeypatch.setattr(package, "sam", sam)
    monkeypatch.setenv("FACECAST_BUILD", "local")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    package.build("arm64", tmp_path)
    assert ("FACECAST_BUILD" in built[0]) == is_partial
