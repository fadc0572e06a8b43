"""`python -m infra.prose`: look for phrases that readers stumble over, in the documents and in what users see.

The rules are infra/checks/prose.yaml, and textlint applies them. The texts of a source file are written to build/prose,
each to the line that it has in the source.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from infra import ROOT

_CHECKS: Final = ROOT / "infra" / "checks"
_TEXTS: Final = ROOT / "build" / "prose"
_SOURCES: Final = ("client/facecast", "functions", "infra", "layers/common/facelib")
_WORDS: Final = re.compile(r"\w+ \w+ \w+")

Texts = Iterator[tuple[int, str]]


def of_python(source: str) -> Texts:
    """Yield the sentences among a module's strings, with their lines; an f-string's values become an ellipsis."""
    tree = ast.parse(source)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        text = None
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            text = node.value
        if text and _WORDS.search(text):
            assert isinstance(node, ast.expr)
            yield node.lineno, text


def of_makefile(source: str) -> Texts:
    for number, line in enumerate(source.splitlines(), 1):
        if found := re.search(r"^[a-z][\w-]*:.*?## (.*)|echo \"(.*?)\"", line):
            yield number, found[1] or found[2]


def of_template(source: str) -> Texts:
    for number, line in enumerate(source.splitlines(), 1):
        if found := re.search(r"(?:Description|AlarmDescription): (.*)", line):
            yield number, found[1]


def as_lines(texts: Texts) -> str:
    """Return the texts, each on its line."""
    lines: dict[int, str] = {}
    for number, text in texts:
        lines[number] = " ".join([*filter(None, [lines.get(number)]), *text.split()])
    return "".join(f"{lines.get(number, '')}\n" for number in range(1, max(lines, default=0) + 1))


def _write_texts() -> None:
    shutil.rmtree(_TEXTS, ignore_errors=True)
    for folder in _SOURCES:
        for source in (ROOT / folder).rglob("*.py"):
            if "node_modules" not in source.parts:
                _write(source, of_python)
    _write(ROOT / "Makefile", of_makefile)
    for template in (ROOT / "template.yaml", ROOT / "infra" / "aws" / "operations.yaml"):
        _write(template, of_template)


def _write(source: Path, texts: Callable[[str], Texts]) -> None:
    if lines := as_lines(texts(source.read_text())):
        target = _TEXTS / f"{source.relative_to(ROOT)}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(lines)


def _pages() -> list[Path]:
    pages = [page for folder in (".", "client", "tests", "benchmarks") for page in (ROOT / folder).glob("*.md")]
    return sorted([*pages, *(ROOT / "docs").rglob("*.md")])


def main() -> int:
    _write_texts()
    texts = sorted(_TEXTS.rglob("*.txt"))
    command = [str(_CHECKS / "node_modules" / ".bin" / "textlint"), "--config", "textlint.json", "--format", "unix"]
    done = subprocess.run(
        [*command, *map(str, [*_pages(), *texts])], cwd=_CHECKS, capture_output=True, text=True, check=False
    )
    found = re.sub(rf"^{re.escape(str(_TEXTS))}/(.*?)\.txt:", r"\1:", done.stdout, flags=re.MULTILINE)
    print(found.replace(f"{ROOT}/", "") + done.stderr, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
