"""Checks the wording of the project's texts.

The rules are infra/checks/prose.yaml, and textlint applies them. The texts of a source file are written to build/prose,
each on the same line as in the source. Files that have not changed since the last check are not checked again.
"""

import ast
import hashlib
import io
import re
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from infra import ROOT

_CHECKS: Final = ROOT / "infra" / "checks"
_TEXTS: Final = ROOT / "build" / "prose"
_SOURCES: Final = ("benchmarks", "client", "functions", "infra", "layers/common/facelib", "layers/vision", "tests")
_SKIPPED: Final = {"node_modules", "vendor", "__pycache__"}
_WORDS: Final = re.compile(r"\w+ \w+ \w+")
# A comment or string of JavaScript or CSS; a comment's markers are not part of its text.
_SCRIPT_TEXT: Final = re.compile(
    r"""/\*+(.*?)\*/|(?<![:\w])//(.*?)$|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`""", re.DOTALL | re.MULTILINE
)
# The visible texts of a page: between tags, and in attributes that are shown or read aloud.
_PAGE_TEXT: Final = re.compile(r""">([^<>]+)<|\b(?:title|content|placeholder|alt|aria-label)="([^"]*)\"""")

Texts = Iterator[tuple[int, str]]


def of_python(source: str) -> Texts:
    """Yield comments, test names and strings that are sentences; a value in an f-string becomes an ellipsis."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#! ")
    # The parts of f-strings, which ast.walk visits after the f-string.
    parts: set[ast.AST] = set()
    for node in ast.walk(ast.parse(source)):
        text = None
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.lineno, node.name.removeprefix("test_").replace("_", " ")
        if isinstance(node, ast.JoinedStr):
            parts.update(ast.walk(node))
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            text = node.value
        if text and _WORDS.search(text):
            assert isinstance(node, ast.expr)
            yield node.lineno, text


def of_script(source: str) -> Texts:
    """Yield comments and, from JavaScript, strings; a value in a template literal becomes an ellipsis."""
    for found in _SCRIPT_TEXT.finditer(source):
        text = re.sub(r"^[ \t]*\*+ ?", "", found[found.lastindex or 0], flags=re.MULTILINE)
        yield from _by_line(source, found.start(), re.sub(r"\$\{[^}]*\}", "…", text))


def of_page(source: str) -> Texts:
    for found in _PAGE_TEXT.finditer(source):
        yield from _by_line(source, found.start(), found[1] or found[2] or "")


def _by_line(source: str, start: int, text: str) -> Texts:
    first = source.count("\n", 0, start) + 1
    for number, line in enumerate(text.splitlines(), first):
        if line.strip():
            yield number, line


def of_makefile(source: str) -> Texts:
    for number, line in enumerate(source.splitlines(), 1):
        if found := re.search(r"^[a-z][\w-]*:.*?## (.*)|echo \"(.*?)\"|^# (.*)", line):
            yield number, found[1] or found[2] or found[3]


def of_template(source: str) -> Texts:
    for number, line in enumerate(source.splitlines(), 1):
        if found := re.search(r"(?:Description|AlarmDescription|description): (.*)|(?:^|\s)# (.*)", line):
            yield number, found[1] or found[2]


_READERS: Final[dict[str, Callable[[str], Texts]]] = {
    ".py": of_python,
    ".js": of_script,
    ".mjs": of_script,
    ".css": of_script,
    ".html": of_page,
    ".yaml": of_template,
    ".toml": of_template,
}


def as_lines(texts: Texts) -> str:
    """Return a file with each text on its original line."""
    lines: dict[int, str] = {}
    for number, text in texts:
        lines[number] = " ".join([*filter(None, [lines.get(number)]), *text.split()])
    return "".join(f"{lines.get(number, '')}\n" for number in range(1, max(lines, default=0) + 1))


def write_texts() -> list[Path]:
    """Write the texts of each source that is newer than its texts, and return the paths of all texts."""
    texts = {_TEXTS / f"{source.relative_to(ROOT)}.txt": source for source in _sources()}
    for text, source in texts.items():
        if not _is_newer(text, source):
            read = of_makefile if source.name == "Makefile" else _READERS[source.suffix]
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(as_lines(read(source.read_text())))
    for outdated in set(_TEXTS.rglob("*.txt")).difference(texts):
        outdated.unlink()
    return sorted(texts)


def _is_newer(text: Path, source: Path) -> bool:
    """Return whether a text was written after its source and this module."""
    if not text.is_file():
        return False
    return text.stat().st_mtime_ns > max(path.stat().st_mtime_ns for path in (source, Path(__file__)))


def _sources() -> Iterator[Path]:
    for folder in _SOURCES:
        for source in (ROOT / folder).rglob("*"):
            if source.suffix in _READERS and not _SKIPPED.intersection(source.parts):
                yield source
    for pattern in ("Makefile", "*/Makefile", "*.yaml", "*.toml", ".github/workflows/*.yaml", "docs/examples/*.yaml"):
        yield from ROOT.glob(pattern)


def _pages() -> list[Path]:
    pages = [page for folder in (".", "client", "tests", "benchmarks") for page in (ROOT / folder).glob("*.md")]
    return sorted([*pages, *(ROOT / "docs").rglob("*.md")])


def _rules() -> str:
    """Return a digest of the rules, which textlint's cache does not contain."""
    files = ("prose.yaml", "textlint.json", "package-lock.json")
    return hashlib.sha256(b"".join((_CHECKS / name).read_bytes() for name in files)).hexdigest()[:12]


def check() -> int:
    """Check the wording of documents, messages and comments."""
    texts = write_texts()
    command = [str(_CHECKS / "node_modules" / ".bin" / "textlint"), "--config", "textlint.json", "--format", "unix"]
    # Only files that changed are checked again, with the same rules.
    command += ["--cache", "--cache-location", str(_TEXTS.parent / f"prose-{_rules()}.cache")]
    done = subprocess.run(
        [*command, *map(str, [*_pages(), *texts])], cwd=_CHECKS, capture_output=True, text=True, check=False
    )
    found = re.sub(rf"^{re.escape(str(_TEXTS))}/(.*?)\.txt:", r"\1:", done.stdout, flags=re.MULTILINE)
    print(found.replace(f"{ROOT}/", "") + done.stderr, end="")
    return done.returncode
