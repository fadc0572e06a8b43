"""Where an interpreter of another version is found."""

from pathlib import Path

import pytest

from infra.interpreters import find


def executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def pyenv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return pyenv's folder, on a machine whose PATH has only a broken shim of the version that is wanted."""
    executable(tmp_path / "bin" / "python9.9", "echo 'command not found' >&2; exit 127")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path / "pyenv"


def test_a_python_of_pyenv_is_found_behind_a_broken_shim(pyenv: Path) -> None:
    executable(pyenv / "versions" / "9.8.1" / "bin" / "python3", "echo 9.8")
    wanted = executable(pyenv / "versions" / "9.9.2" / "bin" / "python3", "echo 9.9")
    assert find("9.9") == str(wanted)


def test_a_python_of_another_version_is_not_used(pyenv: Path) -> None:
    executable(pyenv / "versions" / "9.8.1" / "bin" / "python3", "echo 9.8")
    assert find("9.9") is None


def test_a_file_that_cannot_be_executed_is_passed_over(pyenv: Path) -> None:
    (pyenv / "versions" / "9.9.1" / "bin").mkdir(parents=True)
    (pyenv / "versions" / "9.9.1" / "bin" / "python3").write_text("not a program")
    wanted = executable(pyenv / "versions" / "9.9.2" / "bin" / "python3", "echo 9.9")
    assert find("9.9") == str(wanted)
