"""Install pinned packages and tell how far it is: `python infra/install.py .venv/bin/python requirements.txt`.

It runs before anything is installed, so it needs the standard library alone.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

_PIN = re.compile(r"^\S+==", re.MULTILINE)
# pip's first word on each package: from an index, from a file, left out on this system, or there already.
_TAKEN_UP = ("Collecting ", "Processing ", "Ignoring ", "Requirement already satisfied: ")


def report(lines: Iterable[str], total: int, say: Callable[[str], None]) -> None:
    """Say, from what pip prints, how many of the packages it has taken up."""
    done = 0
    for line in lines:
        if line.startswith(_TAKEN_UP):
            done += 1
            say(f"{done} of {total} packages are here")
        elif line.startswith("Installing collected packages"):
            say(f"{total} of {total} packages are here; unpacking them takes about a minute")


def on_terminal(text: str) -> None:
    sys.stdout.write(f"\r\x1b[K  {text}")
    sys.stdout.flush()


def on_paper(text: str) -> None:
    """Print every 25th line: a file or a CI's log keeps them all."""
    if int(text.split(maxsplit=1)[0]) % 25 == 0 or "unpacking" in text:
        print(f"  {text}", flush=True)


def main() -> int:
    python, requirements = sys.argv[1:]
    total = len(_PIN.findall(Path(requirements).read_text()))
    print(f"Installing {total} packages into {Path(python).parents[1]}, once: 1.2 GB, one to three minutes", flush=True)
    # Everything is pinned, so there is nothing to resolve, which takes pip longer than to install.
    options = ["--disable-pip-version-check", "--no-deps", "--require-hashes", "--progress-bar=off"]
    command = [python, "-m", "pip", "install", *options, "--requirement", requirements]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:
        assert pip.stdout is not None
        report(pip.stdout, total, on_terminal if sys.stdout.isatty() else on_paper)
    if sys.stdout.isatty():
        print()
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main())
