"""The command line: its arguments, and what it says before and without a service."""

from pathlib import Path

import pytest
from facecast.cli import main


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No service is named by the environment or by a stack of the current folder."""
    monkeypatch.delenv("FACECAST_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def usage_error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_without_an_address_it_says_how_to_name_one(capsys: pytest.CaptureFixture[str]) -> None:
    said = usage_error(capsys, "jobs")
    assert "--url" in said
    assert "FACECAST_URL" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "command"),
        (["detect"], "PHOTO"),
        (["detect", "missing.jpg"], "there is no file missing.jpg"),
        (["detect", "cli.jpg", "--render", "boxes,sepia"], "sepia is none of boxes, blur, pixelate"),
        (["jobs", "--status", "lost"], "invalid choice"),
        (["listen", "--job", "a", "--replay", "3"], "not allowed with"),
        (["delete"], "JOB"),
    ],
)
def test_a_wrong_question_is_a_usage_error(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    Path("cli.jpg").touch()
    assert said in usage_error(capsys, *arguments)


@pytest.mark.parametrize("way", ["option", "environment", "stack file"])
def test_the_address_is_found(
    way: str, free_port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing answers there, which is said of the address that was tried."""
    url = f"http://127.0.0.1:{free_port}"
    if way == "environment":
        monkeypatch.setenv("FACECAST_URL", url)
    if way == "stack file":
        Path(".local").mkdir()
        Path(".local/stack.json").write_text(f'{{"http_url": "{url}"}}')
    assert main(["jobs", "--url", url] if way == "option" else ["jobs"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"facecast: {url} could not be reached: ")
    assert said.out == ""
