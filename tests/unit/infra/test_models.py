import dataclasses
import hashlib
from pathlib import Path

import pytest
from face_models import CENTERFACE, Model

from infra import models
from infra.__main__ import main


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a temporary folder the place where models are installed, and return this folder."""
    monkeypatch.setattr(Model, "path", property(lambda model: tmp_path / str(model.file_name)))
    return tmp_path


def test_an_installed_model_is_not_downloaded_again(monkeypatch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    real = Path(models.__file__).parents[1] / "layers/vision/face_models" / CENTERFACE.file_name
    (elsewhere / CENTERFACE.file_name).symlink_to(real)
    monkeypatch.delattr(models, "_fetch")
    assert main(["model", "centerface"]) == 0


def test_a_wrong_file_is_not_installed(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = elsewhere / "wrong.onnx"
    wrong.write_bytes(b"wrong")
    assert main(["model", "yunet", "--file", str(wrong)]) == 1
    assert "This is not the model yunet" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == [wrong]


def test_a_missing_file_is_reported(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["model", "yunet", "--file", str(elsewhere / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_valid_file_is_installed_completely(elsewhere: Path) -> None:
    content = b"a model of eleven bytes"
    model = dataclasses.replace(CENTERFACE, sha256=hashlib.sha256(content).hexdigest())
    models.install(model, content)
    assert [path.read_bytes() for path in elsewhere.iterdir()] == [content]


def test_without_a_network_a_message_explains_what_to_do(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    assert main(["model", "yunet"]) == 1
    assert "--file" in capsys.readouterr().err
    assert main(["model", "yunet", "--optional"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Continuing without the model yunet. To install it later: make model MODEL=yunet. ")
