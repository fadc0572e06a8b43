"""The import rules: who may import whom, and where the environment and boto3 are allowed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = {path.parent.name: path.parent for path in ROOT.glob("functions/*/face_*/main.py")}
SOURCES = sorted([*ROOT.glob("functions/*/face_*/**/*.py"), *ROOT.glob("layers/*/face*/**/*.py")])

# What knows of AWS in the detector; everything else there is pure: bytes, pixels, faces.
DETECTOR_WITH_AWS = {"main.py", "process.py"}
PURE_OF_FACELIB = {
    "facelib",
    "facelib.errors",
    "facelib.face",
    "facelib.formats",
    "facelib.job",
    "facelib.limits",
    "facelib.options",
    "facelib.renders",
    "facelib.validation",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def top(module: str) -> str:
    return module.partition(".")[0]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    names = ("api", "authorizer", "broadcaster", "deadletter", "detector", "intake", "notifier", "websocket")
    assert set(FUNCTIONS) == {f"face_{name}" for name in names}
    assert len(SOURCES) > 30


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_the_stores_know_boto3(path: Path) -> None:
    if path.parent.name != "stores":
        assert {"boto3", "botocore"}.isdisjoint(map(top, imports(path)))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_settings_read_the_environment(path: Path) -> None:
    text = path.read_text()
    if path.name != "settings.py" and "os.environ" in text:
        # OpenCV takes its limit from the environment, and only there; it is set, not read.
        assert (name(path), text.count("os.environ")) == ("functions/detector/face_detector/__init__.py", 1)
        assert "os.environ.setdefault" in text
    assert "getenv" not in text


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_run_one_way(path: Path) -> None:
    own = next((function for function in FUNCTIONS if function in path.parts), None)
    others = set(FUNCTIONS) - ({own} if own else set())
    assert others.isdisjoint(map(top, imports(path))), "a function imports itself and facelib, facelib no function"


@pytest.mark.parametrize("path", sorted(FUNCTIONS["face_detector"].rglob("*.py")), ids=name)
def test_image_code_knows_nothing_of_aws(path: Path) -> None:
    if path.name not in DETECTOR_WITH_AWS:
        modules = set(imports(path))
        assert "aws_lambda_powertools" not in set(map(top, modules))
        assert {module for module in modules if top(module) == "facelib"} <= PURE_OF_FACELIB


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_opencv_is_the_detectors_alone(path: Path) -> None:
    if "face_detector" not in path.parts:
        assert {"cv2", "numpy", "face_models"}.isdisjoint(map(top, imports(path)))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_names_say_what_a_thing_is(path: Path) -> None:
    """A name such as `found` says how a value came about; `detections`, `response` or `requested` say what it is."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    variables = {node.id for node in nodes if isinstance(node, ast.Name)}
    parameters = {node.arg for node in nodes if isinstance(node, ast.arg)}
    assert {"found", "answer", "told", "asked", "wanted", "place"}.isdisjoint(variables | parameters)
