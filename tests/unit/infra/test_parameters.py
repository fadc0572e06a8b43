"""What `make run` refuses before anything starts: one sentence each."""

import subprocess
import sys
from pathlib import Path

import pytest
from face_models import Model

from infra.local.errors import LocalError
from infra.local.parameters import detection_models, parameters_of_template, read_parameters


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("Foo", "NAME=VALUE, not 'Foo'"),
        ("Foo=bar", "no parameter 'Foo'"),
        ("Quality=best", "one of fast, balanced, thorough"),
    ],
)
def test_a_parameter_that_makes_no_sense(pair: str, words: str) -> None:
    with pytest.raises(LocalError, match=words):
        read_parameters([pair])


def test_parameters_are_those_of_the_template() -> None:
    assert read_parameters(["Quality=fast", "JobKeptDays=2"]) == {"Quality": "fast", "JobKeptDays": "2"}
    assert parameters_of_template()["Quality"] == "balanced"


def test_a_missing_model_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Model, "path", property(lambda model: tmp_path / str(model.file_name)))
    with pytest.raises(LocalError, match="make model MODEL=yunet"):
        detection_models({"Detector": "yunet"})
    (tmp_path / "centerface.onnx").touch()
    assert detection_models({}) == ("centerface",)


@pytest.mark.parametrize("port", ["abc", "80000", "0", "-1"])
@pytest.mark.parametrize("command", [["infra.local", "status"], ["infra.local.invoke", "Detector", "event.json"]])
def test_a_port_that_is_none(command: list[str], port: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command, f"--port={port}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"a port is a number from 1 to 65535, not '{port}'" in done.stderr
    assert "Traceback" not in done.stderr
