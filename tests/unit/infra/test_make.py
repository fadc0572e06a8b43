"""Values passed to make reach a command unchanged, and are never executed."""

import os
import subprocess
from pathlib import Path

import pytest

# Each value would create the file `planted` if a shell or make interpreted it.
HOSTILE = [
    'x"; touch planted; echo "',
    "x'; touch planted; echo '",
    "x; touch planted",
    "$(touch planted)",
    "$$(touch planted)",
    "$(shell touch planted)",
    "`touch planted`",
    "x & touch planted",
]
# For each variable, a target that passes it to a command.
TARGETS = {
    "ARCHITECTURE": "package",
    "DAILY": "key",
    "DAYS": "key",
    "ENVIRONMENT": "keys",
    "EVENT": "invoke",
    "FUNCTION": "logs",
    "IMAGE": "demo",
    "KEY": "revoke",
    "MODEL": "model",
    "MODEL_FILE": "model",
    "OWNER": "key",
    "PORT": "status",
    "SCOPES": "key",
}
# Variables whose words reach a command as separate arguments.
LISTS = {"BENCH": "bench", "LOAD": "load", "PARAMETERS": "run"}
MODELS = Path("layers/vision/face_models")
# Replaces every command that make calls, and records its arguments.
PYTHON = """#!/bin/sh
printf '%s\\0' "$@" >> called
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    for name in ("python", "pytest"):
        (tmp_path / "bin" / name).write_text(PYTHON)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / ".venv").mkdir()
    (tmp_path / MODELS).mkdir(parents=True)
    for name in (".venv/installed", ".venv/developed", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    for name in ("__init__.py", "centerface.onnx"):
        (tmp_path / MODELS / name).touch()
    return tmp_path


def make(repository: Path, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    installed = ("-o", ".venv/installed", "-o", ".venv/developed")
    command = ["make", "-f", str(repository / "Makefile"), *installed, "BIN=bin", *arguments]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(command, cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False)


def called(folder: Path) -> list[str]:
    """Return all arguments that commands received."""
    return (folder / "called").read_text().split("\0")[:-1]


@pytest.mark.parametrize("name", TARGETS)
def test_a_value_arrives_as_it_was_typed(name: str, repository: Path, folder: Path) -> None:
    for number, value in enumerate(HOSTILE):
        # Values are passed alternately as arguments of make and in the environment.
        given, environment = ([f"{name}={value}"], {}) if number % 2 else ([], {name: value})
        done = make(repository, folder, TARGETS[name], *given, **environment)
        assert done.returncode == 0, done.stderr
        assert value in called(folder)
        assert not (folder / "planted").exists(), value


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_passed_as_separate_words(name: str, repository: Path, folder: Path) -> None:
    for value in (*HOSTILE, "A=* B=2"):
        done = make(repository, folder, LISTS[name], f"{name}={value}")
        assert done.returncode == 0, done.stderr
        assert [word for word in value.split() if word not in called(folder)] == []
        assert not (folder / "planted").exists(), value


@pytest.mark.parametrize("value", HOSTILE)
def test_python_must_be_a_name_not_a_script(value: str, repository: Path, folder: Path) -> None:
    command = ["make", "-f", str(repository / "Makefile"), "BIN=bin", "-W", "requirements.txt", ".venv/installed"]
    done = subprocess.run([*command, f"PYTHON={value}"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert not (folder / "planted").exists()


def test_omitted_parameters_have_a_default(repository: Path, folder: Path) -> None:
    make(repository, folder, "logs", "invoke", "model")
    passed = called(folder)
    assert passed.count("4566") == 2
    assert {"Detector", "events/detector/direct.json", "centerface"} <= set(passed)
    assert "--environment" not in passed


def test_an_environment_is_passed_if_it_is_given(repository: Path, folder: Path) -> None:
    make(repository, folder, "erase", "OWNER=alice", "ENVIRONMENT=prod", "PORT=4802")
    assert called(folder)[-7:] == ["infra", "erase", "--port", "4802", "--environment", "prod", "alice"]


def test_no_recipe_expands_values_of_the_caller(repository: Path) -> None:
    """A value that make itself writes into a recipe would be read by the shell."""
    text = (repository / "Makefile").read_text()
    names = text.partition("GIVEN := ")[2].partition("$(foreach")[0].replace("\\", "").split()
    assert set(TARGETS) | set(LISTS) < set(names)
    assert [name for name in names if f"$({name})" in text or f"${{{name}}}" in text.replace("$${", "")] == []


def test_the_model_is_verified_again_after_its_checksum_may_have_changed(repository: Path, folder: Path) -> None:
    make(repository, folder, "setup")
    assert not (folder / "called").exists()
    os.utime(folder / MODELS / "centerface.onnx", (0, 0))
    make(repository, folder, "setup")
    assert called(folder) == ["-m", "infra", "model", "centerface"]
    make(repository, folder, "setup")
    assert len(called(folder)) == 4
