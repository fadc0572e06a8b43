"""The documents agree with the code."""

import importlib.util
import re
from pathlib import Path

import pytest
from facelib.domain import limits

_ROOT = Path(__file__).parents[2]
_FOLDERS = [_ROOT, *(_ROOT / name for name in ("client", "benchmarks", "tests"))]
_FOUND = [*(page for folder in _FOLDERS for page in folder.glob("*.md")), *(_ROOT / "docs").rglob("*.md")]
_PAGES = sorted(str(page.relative_to(_ROOT)) for page in _FOUND)
_DECISIONS = sorted((_ROOT / "docs" / "decisions").glob("0*.md"))
NAMES = sorted(name for name in vars(limits) if name.isupper())


def test_every_limit_is_documented_with_its_value(repository: Path) -> None:
    page = (repository / "docs" / "limits.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert rows == {name: str(getattr(limits, name)) for name in rows}
    for name in NAMES:
        if name not in ("KIB", "MIB"):
            assert f"`{name}`" in page, f"docs/limits.md does not explain {name}"


@pytest.mark.parametrize("page", _PAGES)
def test_links_have_a_target(repository: Path, page: str) -> None:
    document = repository / page
    # The CI badge links to GitHub, with a relative address that works for any owner of the repository.
    links = re.findall(r"\]\((?!https?://|#|\.\./\.\./actions/)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("page", _PAGES)
def test_links_into_pages_name_an_existing_heading(repository: Path, page: str) -> None:
    document = repository / page
    links = re.findall(r"\]\(([\w./-]*\.md)?#([^)]+)\)", document.read_text())
    assert [link for link in links if link[1] not in _anchors(document.parent / link[0] if link[0] else document)] == []


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_files_named_in_the_table_of_changes_exist(repository: Path) -> None:
    table = (repository / "docs" / "architecture.md").read_text().partition("## To change")[2]
    named = {name for name in re.findall(r"`([\w./-]+)`", table) if "/" in name}
    assert len(named) > 15
    roots = [repository, repository / "layers" / "common", *repository.glob("functions/*")]
    assert [name for name in sorted(named) if not any((root / name).exists() for root in roots)] == []


@pytest.mark.parametrize("record", _DECISIONS, ids=lambda record: record.name)
def test_decisions_have_the_same_form(record: Path) -> None:
    text = record.read_text()
    assert re.fullmatch(r"# .+ \(20\d\d-\d\d-\d\d\)", text.partition("\n")[0]), (
        "the first line is a title with its date"
    )
    parts = re.split(r"^(#+ .+)\n", text, flags=re.MULTILINE)[3:]
    assert parts[::2] == ["## Context", "## Decision", "## Measured", "## Rejected"]
    assert all(part.strip() for part in parts[1::2])


def test_decisions_are_numbered_and_listed(repository: Path) -> None:
    assert [record.name[:4] for record in _DECISIONS] == [f"{number:04d}" for number in range(1, len(_DECISIONS) + 1)]
    titles = {record.name: record.read_text().partition("\n")[0].removeprefix("# ") for record in _DECISIONS}
    rows = [f"| [{name[:4]}]({name}) | {title} |" for name, title in titles.items()]
    index = (repository / "docs" / "decisions" / "README.md").read_text()
    assert [line for line in index.splitlines() if line.startswith("| [")] == rows


def test_every_make_target_that_is_named_exists(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (repository / "Makefile").read_text(), re.MULTILINE))
    for page in [repository / "README.md", *(repository / "docs").rglob("*.md")]:
        named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", page.read_text(), re.MULTILINE))
        assert named <= targets, page


@pytest.mark.parametrize("page", _PAGES)
def test_blocks_have_a_language(repository: Path, page: str) -> None:
    """A block of shell commands without a language would not be run by tests/e2e/test_documents.py."""
    fences = re.findall(r"^ *```(.*)$", (repository / page).read_text(), re.MULTILINE)
    assert set(fences[::2]) <= {"sh", "python", "json", "text"}
    assert set(fences[1::2]) <= {""}


@pytest.mark.parametrize("page", _PAGES)
def test_modules_in_commands_exist(repository: Path, page: str) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (repository / page).read_text(), re.DOTALL)
    named = re.findall(r"python -m ([\w.]+)", "\n".join(blocks))
    assert [name for name in named if importlib.util.find_spec(name) is None] == []


def test_the_front_page_stays_short(repository: Path) -> None:
    page = (repository / "README.md").read_text()
    assert page.count("\n") <= 120
    assert len(page.split()) <= 1_200
