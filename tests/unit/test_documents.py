"""The documents say what the code does."""

import re
from pathlib import Path

import pytest
from facelib import limits

_ROOT = Path(__file__).parents[2]
_PAGES = [str(page.relative_to(_ROOT)) for page in (*_ROOT.glob("*.md"), *sorted((_ROOT / "docs").rglob("*.md")))]
NAMES = sorted(name for name in vars(limits) if name.isupper())


def test_every_limit_is_documented_with_its_value(repository: Path) -> None:
    page = (repository / "docs" / "limits.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert rows == {name: str(getattr(limits, name)) for name in rows}
    for name in NAMES:
        if name not in ("KIB", "MIB"):
            assert f"`{name}`" in page, f"docs/limits.md does not explain {name}"


@pytest.mark.parametrize("page", _PAGES)
def test_links_lead_somewhere(repository: Path, page: str) -> None:
    document = repository / page
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_make_target_that_is_named_exists(repository: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (repository / "Makefile").read_text(), re.MULTILINE))
    for page in [repository / "README.md", *(repository / "docs").rglob("*.md")]:
        named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", page.read_text(), re.MULTILINE))
        assert named <= targets, page
