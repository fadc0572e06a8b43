"""Rules that import-linter cannot check: use of the environment, and classes with the same name."""

import re
from collections import Counter
from pathlib import Path

import pytest

from infra import ROOT

SOURCES = sorted([*ROOT.glob("functions/*/face_*/**/*.py"), *ROOT.glob("layers/*/face*/**/*.py")])

CLASS = re.compile(r"^ *class (\w+)[(:]", re.MULTILINE)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_modules_are_found() -> None:
    assert len(SOURCES) > 100


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_settings_read_the_environment(path: Path) -> None:
    text = path.read_text()
    if path.name != "settings.py" and "os.environ" in text:
        # OpenCV reads its pixel limit only from the environment, so the detector sets this variable but never reads it.
        assert (name(path), text.count("os.environ")) == ("functions/detector/face_detector/__init__.py", 1)
        assert "os.environ.setdefault" in text
    assert "getenv" not in text


def test_no_two_classes_share_a_name() -> None:
    classes = Counter(found for path in SOURCES for found in CLASS.findall(path.read_text()))
    assert classes["Job"] == 1
    assert {name: times for name, times in classes.items() if times > 1} == {}
