"""The command line: its arguments, and its output without a service."""

import subprocess
import sys
from pathlib import Path

import facecast
import pytest
from facecast.cli import main
from facecast.cli.detect import _Run
from facecast.models import Limits

from tests.support.service import LIMITS


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run without a service in the environment or a stack in the current folder."""
    for name in ("FACECAST_URL", "FACECAST_KEY", "FACECAST_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def usage_error(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_without_an_address_the_error_explains_how_to_pass_one(capsys: pytest.CaptureFixture[str]) -> None:
    message = usage_error(capsys, "jobs")
    assert "--url" in message
    assert "FACECAST_URL" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["detect"], "PATH"),
        (["detect", "cli.jpg", "--render", "boxes,sepia"], f"sepia is not one of {', '.join(facecast.RENDERS)}"),
        (["detect", "cli.jpg", "--blur-strength", "0"], "should be greater than or equal to 1"),
        (["detect", "cli.jpg", "--min-confidence", "2"], "should be less than or equal to 1"),
        (["detect", "cli.jpg", "--max-faces", "1001"], "should be less than or equal to 1000"),
        (["detect", "cli.jpg", "--max-faces", "0"], "should be greater than or equal to 1"),
        (["detect", "cli.jpg", "--size", "huge"], "huge is not one of fit, original"),
        (["detect", "cli.jpg", "--crop-aspect", "2:1"], "2:1 is not one of free, 1:1, 4:5, 16:9"),
        (["detect", "cli.jpg", "--crop-faces", "two"], "two is not one of all, largest"),
        (["detect", "cli.jpg", "--crop-padding", "-1"], "should be greater than or equal to 0"),
        (["faces", "JOB"], "--out"),
        (["detect", "cli.jpg", "--parallel", "0"], "should be greater than or equal to 1"),
        (["detect", "cli.jpg", "--out", "cli.jpg"], "cli.jpg is a file; choose a folder"),
        (["detect", "cli.jpg", "--jsonl", "."], ". is a folder; choose a file"),
        (["detect", "cli.jpg", "--url", "localhost:4802"], "like http://localhost:4802"),
        (["jobs", "--key-file", "cli.jpg", "--url", "http://localhost:1"], "chmod 600 cli.jpg"),
        (["jobs", "--status", "lost"], "'lost' is not one of"),
        (["listen", "--job", "a", "--replay", "3"], "cannot be combined"),
        (["watch", "--download", "cli.jpg"], "cli.jpg is a file; choose a folder"),
        (["show", "JOB", "--render", "blur"], "requires --out DIR"),
        (["show", "JOB", "--render", "sepia", "--out", "."], "sepia is not one of boxes, blur"),
        (["delete"], "JOB"),
        (["dance"], "No such command 'dance'"),
    ],
)
def test_invalid_arguments_are_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    Path("cli.jpg").touch()
    Path("cli.jpg").chmod(0o644)
    assert message in usage_error(capsys, *arguments)


def test_a_key_cannot_be_an_argument(capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments are visible to every user of the machine, and stay in the shell's history."""
    assert "--key" in usage_error(capsys, "jobs", "--key", "fc_0123456789_secret")


@pytest.mark.parametrize("way", ["option", "environment", "stack file"])
def test_the_address_is_found(
    way: str, free_port: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message contains the address that did not respond."""
    url = f"http://127.0.0.1:{free_port}"
    if way == "environment":
        monkeypatch.setenv("FACECAST_URL", url)
    if way == "stack file":
        Path(".local/4802").mkdir(parents=True)
        Path(".local/4802/stack.json").write_text(f'{{"http_url": "{url}"}}')
        Path(".local/4802/stack.json").chmod(0o644)
    assert main(["jobs", "--url", url] if way == "option" else ["jobs"]) == 3
    captured = capsys.readouterr()
    assert captured.err.startswith(f"facecast: {url} could not be reached: ")
    assert captured.out == ""


def test_missing_photos_are_reported_before_the_missing_service(
    free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["detect", "missing.jpg", "nothing*", "--url", f"http://127.0.0.1:{free_port}"]) == 1
    assert capsys.readouterr().err.splitlines()[:2] == [
        "facecast: missing.jpg: file not found",
        "facecast: nothing*: nothing matches",
    ]


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for command in ("detect", "listen", "watch", "jobs", "show", "faces", "delete", "retry", "limits"):
        assert f" {command} " in text
    assert "2 usage error, 3 the service cannot be reached" in text


@pytest.mark.parametrize(("command", "usage"), [("detect", "{PATH}..."), ("delete", "{JOB}..."), ("retry", "{JOB}...")])
def test_the_usage_shows_repeated_arguments_once(command: str, usage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"Usage: facecast {command} [OPTIONS] {usage}"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"facecast {facecast.__version__}\n"


def test_shells_complete_commands_and_options() -> None:
    """Run the command as bash does with the script from --install-completion."""
    environment = {"_FACECAST_COMPLETE": "complete_bash", "COMP_WORDS": "facecast de", "COMP_CWORD": "1", "PATH": ""}
    script = "import sys; from facecast.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["detect", "delete"]


def test_a_closed_pipe_does_not_cause_a_traceback(free_port: int) -> None:
    """As with `| head -1`, but the pipe is closed before anything is written."""
    command = [sys.executable, "-m", "facecast", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        (["--render", "blur", "--out", "out"], "original"),
        (["--render", "boxes, solid", "--out", "out"], "original"),
        (["--render", "boxes,preview", "--out", "out"], None),
        (["--render", "blur"], None),
        (["--render", "blur", "--out", "out", "--size", "fit"], "fit"),
        (["--size", "original"], "original"),
    ],
)
def test_photos_saved_with_hidden_faces_keep_their_size(
    arguments: list[str], size: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    sent: list[str | None] = []
    hiding = [{"name": name, "label": name, "hides_faces": True} for name in ("blur", "solid")]
    limits = Limits.of(LIMITS | {"renders": hiding})

    def start(run: _Run, *_: object) -> None:
        sent.append(run._settings.options_at(limits).size)

    monkeypatch.setattr(_Run, "start", start)
    assert main(["detect", "a.jpg", *arguments, "--url", "http://127.0.0.1:1"]) == 0
    assert sent == [size]
