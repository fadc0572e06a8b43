"""What `make setup` shows while pip works."""

import pytest

from infra.install import on_paper, report

PIP = [
    "Ignoring colorama: markers 'sys_platform == \"win32\"' don't match your environment",
    "Collecting boto3==1.40.0 (from -r requirements.txt (line 5))",
    "  Downloading boto3-1.40.0-py3-none-any.whl (140 kB)",
    "Processing /mirror/numpy-2.3.0-cp313-manylinux_2_28_x86_64.whl (from -r requirements.txt (line 9))",
    "Installing collected packages: numpy, boto3",
    "Successfully installed boto3-1.40.0 numpy-2.3.0",
]


def test_every_package_is_counted_and_unpacking_is_said() -> None:
    said: list[str] = []
    report(PIP, 3, said.append)
    assert [text.split(" packages")[0] for text in said] == ["1 of 3", "2 of 3", "3 of 3", "3 of 3"]
    assert "unpacking" in said[-1]


def test_a_log_keeps_every_25th_line(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(1, 61):
        on_paper(f"{number} of 60 packages are here")
    on_paper("60 of 60 packages are here; unpacking them takes about a minute")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["25", "50", "60"]
