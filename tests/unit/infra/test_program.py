"""`python -m infra`: its commands, and how they end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra import env
from infra.__main__ import COMMANDS, main


def test_each_command_is_described_by_one_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2]
    assert re.findall(r"^  ([\w-]+) +[A-Z].*(?<!\.)\.$", listed, re.MULTILINE) == list(COMMANDS)


def test_the_makefile_and_workflows_name_commands_that_exist(repository: Path) -> None:
    files = [repository / "Makefile", *repository.glob(".github/workflows/*.yaml")]
    called = {name for file in files for name in re.findall(r"-m infra ([\w-]+)", file.read_text())}
    assert called == set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope"], "No such command 'nope'."),
        (["env", "--nope"], "No such option: --nope"),
        (["env", "--port", "abc"], "a port must be a number from 1 to 65535, not 'abc'"),
        (["erase"], "Missing argument 'owner'"),
        (["model", "nope"], "'nope' is not one of 'centerface', 'yunet'"),
    ],
)
def test_a_usage_error_is_reported_in_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert words in line


def test_ctrl_c_ends_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(env, "choose_stack", interrupted)
    assert main(["env"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_a_command_imports_only_what_it_needs() -> None:
    """`make env` is run often, and `make setup` downloads models before the test packages are installed."""
    unwanted = {"model": "samcli|boto3", "env": "samcli|cv2|fastapi"}
    script = (
        "import sys\nfrom infra.__main__ import program\n"
        "for command in sys.argv[1:]:\n    program([command])\n    print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, *unwanted], capture_output=True, text=True, check=True)
    for names, imported in zip(unwanted.values(), done.stdout.splitlines(), strict=True):
        assert re.findall(rf"(?:^| )({names})\b", imported) == []
