"""What import-linter cannot see (its contracts are in pyproject.toml): environment, and classes of the same name."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from infra import ROOT

SOURCES = sorted([*ROOT.glob("functions/*/face_*/**/*.py"), *ROOT.glob("layers/*/face*/**/*.py")])


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_settings_read_the_environment(path: Path) -> None:
    text = path.read_text()
    if path.name != "settings.py" and "os.environ" in text:
        # OpenCV takes its limit from the environment, and only there; it is set, not read.
        assert (name(path), text.count("os.environ")) == ("functions/detector/face_detector/__init__.py", 1)
        assert "os.environ.setdefault" in text
    assert "getenv" not in text


def test_no_two_classes_share_a_name() -> None:
    classes = Counter(
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert {name: times for name, times in classes.items() if times > 1} == {}
