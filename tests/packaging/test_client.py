"""The released client: built, installed into clean environments, and run there without this repository."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import Parser
from functools import cache
from pathlib import Path

import facecast
import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import compose, encoded

# One worker runs all of these tests, so that the distributions and environments are made only once.
pytestmark = pytest.mark.xdist_group("client")

# One photo in each of the five formats.
PHOTOS = 5
# The lowest and highest versions of the dependencies; with typer 0.27, an option once lost its name.
RESOLUTIONS = {"lowest": ["--resolution", "lowest-direct"], "highest": [], "typer 0.27": ["typer==0.27.3"]}
# The environments with the libraries for `facecast blur`.
WITH_LIBRARIES = ("lowest", "highest")
OPTIONS = {
    "detect": {"--render", "--min-confidence", "--max-faces", "--blur-strength", "--size", "--out", "--jsonl", "--json"}
    | {"--crop-aspect", "--crop-faces", "--crop-padding", "--faces-json"}
    | {"--parallel", "--again", "--url", "--key-file"},
    "faces": {"--align", "--out", "--json", "--url", "--key-file"},
    "blur": {"--out", "--render", "--blur-strength", "--size", "--json"},
    "listen": {"--job", "--replay", "--download", "--json", "--url", "--key-file"},
    "watch": {"--job", "--replay", "--download", "--json", "--url", "--key-file"},
    "jobs": {"--status", "--limit", "--json", "--url", "--key-file"},
    "show": {"--out", "--render", "--json", "--url", "--key-file"},
    "delete": {"--url", "--key-file"},
    "retry": {"--url", "--key-file"},
    "limits": {"--json", "--url", "--key-file"},
}
# Modules that the detector must not import.
AWS = ("boto3", "botocore", "aws_lambda_powertools", "aws_xray_sdk")
# Prints the help of each command, in one process because starting one takes longer.
HELP = """
import sys
from facecast.cli import main
for command in sys.argv[1:]:
    print("\\0", flush=True)
    main([command, "--help"])
"""
WITHOUT_NETWORK = """
import socket, sys
def refuse(*_): raise AssertionError("a connection")
socket.socket.connect = socket.getaddrinfo = refuse
from facecast.cli import main
code = main(sys.argv[1:])
import facecast.local, facelib, face_models
assert all("_bundled" in module.__file__ for module in (facelib, face_models)), facelib.__file__
sys.exit(code)
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with only the client and its dependencies."""

    folder: Path

    def run(self, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the environment's Python, without access to this repository or the user's packages."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FACECAST"))}
        command = [str(self.folder / "bin/python"), "-I", *map(str, arguments)]
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=environment | {"COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def distributions(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the wheel and the source distribution, built by this environment's hatchling."""
    folder = tmp_path_factory.mktemp("dist")
    build(repository / "client", folder, "sdist", "wheel")
    [wheel], [source] = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def build(project: Path, folder: Path, *targets: str) -> None:
    named = [argument for target in targets for argument in ("-t", target)]
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), *named]
    subprocess.run(command, cwd=project, check=True, capture_output=True)


def uv(*arguments: str | Path) -> None:
    """Run uv, or skip the test if there is no uv or network. A release does not skip tests."""
    give_up = pytest.fail if os.environ.get("REQUIRE_NETWORK") else pytest.skip
    tool = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if tool is None:
        give_up("uv is not installed, so NO CLEAN ENVIRONMENT WAS TRIED")
    done = subprocess.run([str(tool), *map(str, arguments)], capture_output=True, text=True, check=False)
    if "Failed to fetch" in done.stderr or "dns error" in done.stderr:
        give_up(f"the package index cannot be reached, so NO CLEAN ENVIRONMENT WAS TRIED: {done.stderr[:300]}")
    assert done.returncode == 0, done.stderr


def environment(folder: Path, *packages: str | Path) -> Environment:
    uv("venv", "--quiet", "--python", sys.executable, folder)
    uv("pip", "install", "--quiet", "--python", folder / "bin/python", *packages)
    return Environment(folder)


@pytest.fixture(scope="module")
def installed(
    distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Environment]:
    """Return a function that installs the client with one of the resolutions, only once."""
    wheel = distributions[0]

    @cache
    def install(resolution: str) -> Environment:
        package = f"facecast[local] @ {wheel.as_uri()}" if resolution in WITH_LIBRARIES else wheel
        return environment(tmp_path_factory.mktemp("installed") / "venv", *RESOLUTIONS[resolution], package)

    return install


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel, except RECORD, whose order varies."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def test_the_wheel_holds_the_client_the_detector_and_the_weights(distributions: tuple[Path, Path]) -> None:
    files = contents(distributions[0])
    assert distributions[0].name == f"facecast-{facecast.__version__}-py3-none-any.whl"
    bundled = {name.removeprefix("facecast/_bundled/") for name in files if name.startswith("facecast/_bundled/")}
    assert {"face_detector/analyse.py", "facelib/domain/options.py", "face_models/centerface.onnx"} <= bundled
    assert "MIT License" in files["facecast/_bundled/face_models/centerface.LICENSE.txt"].decode()
    # The package contains neither code for Lambda nor YuNet.
    assert not [name for name in bundled if "stores" in name or "settings" in name or name.endswith("/main.py")]
    assert "face_models/yunet_n_640_640.onnx" not in bundled
    code = [text.decode() for name, text in files.items() if name.endswith(".py")]
    assert not [text for text in code if any(f"import {name}" in text or f"from {name}" in text for name in AWS)]
    metadata = Parser().parsestr(files[f"facecast-{facecast.__version__}.dist-info/METADATA"].decode())
    assert metadata["License-Expression"] == "MIT"
    needed = {text.split(">")[0] for text in metadata.get_all("Requires-Dist") or () if "extra == 'local'" in text}
    assert needed == {"numpy", "opencv-python-headless", "pi-heif", "pillow", "simplejpeg"}
    assert f"facecast-{facecast.__version__}.dist-info/licenses/LICENSE" in files


def test_the_source_distribution_builds_the_same_wheel(distributions: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, source = distributions
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    build(tmp_path / source.name.removesuffix(".tar.gz"), tmp_path / "dist", "wheel")
    [again] = (tmp_path / "dist").glob("*.whl")
    assert contents(again) == contents(wheel)


def test_the_licence_is_that_of_the_project(repository: Path) -> None:
    assert (repository / "client/LICENSE").read_bytes() == (repository / "LICENSE").read_bytes()


def test_the_packages_pass_the_checks_of_the_index(distributions: tuple[Path, Path], tmp_path: Path) -> None:
    checker = environment(tmp_path / "twine", "twine")
    done = checker.run("-m", "twine", "check", "--strict", *distributions)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("resolution", RESOLUTIONS)
def test_every_option_has_its_name(resolution: str, installed: Callable[[str], Environment]) -> None:
    """This holds with the lowest and with the highest version of every dependency that the client allows."""
    client = installed(resolution)
    version = client.run("-m", "facecast", "--version")
    assert version.stdout == f"facecast {facecast.__version__}\n", version.stderr
    shown = client.run("-c", HELP, *OPTIONS)
    texts = shown.stdout.split("\0")[1:]
    assert len(texts) == len(OPTIONS), shown.stdout + shown.stderr
    for text, (command, options) in zip(texts, OPTIONS.items(), strict=True):
        words = {word.rstrip(",") for word in text.split() if word.startswith("--")}
        assert f"facecast {command} " in text
        assert words == options | {"--help"}, text + shown.stderr


def test_blur_without_its_libraries_explains_what_to_install(
    installed: Callable[[str], Environment], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    done = installed("typer 0.27").run("-m", "facecast", "blur", tmp_path / "a.jpg", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert "pip install 'facecast[local]'" in done.stderr


def write_photos(folder: Path) -> dict[str, tuple[np.ndarray, tuple[int, int, int, int]]]:
    """Write photos of one face each, in several formats; return the pixels and the face's box of each photo."""
    folder.mkdir()
    formats = (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "avif"), ("HEIC", "heic"))
    photos = {}
    for number in range(PHOTOS):
        left, tall = 60 + 3 * number, 70 + number
        picture, [face] = compose(400, 300, [(left, 80, tall)])
        kind, suffix = formats[number % len(formats)]
        (folder / f"{number:02}.{suffix}").write_bytes(encoded(picture, kind))
        box = (round(face.x), round(face.y), round(face.x + face.width), round(face.y + face.height))
        photos[f"{number:02}.jpg"] = (picture, box)
    return photos


@pytest.mark.parametrize("resolution", WITH_LIBRARIES)
def test_a_folder_is_blurred_without_a_service(
    resolution: str, installed: Callable[[str], Environment], tmp_path: Path
) -> None:
    """The client runs in a clean environment, with the lowest or highest dependency versions and no network."""
    photos = write_photos(tmp_path / "photos")
    done = installed(resolution).run("-c", WITHOUT_NETWORK, "blur", "photos", "--out", "hidden", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"facecast: {PHOTOS} of {PHOTOS} photos, " in done.stderr
    assert sorted(path.name for path in (tmp_path / "hidden").iterdir()) == sorted(photos)
    for name, (before, (left, top, right, bottom)) in photos.items():
        result = Image.open(io.BytesIO((tmp_path / "hidden" / name).read_bytes()))
        assert (result.format, result.size) == ("JPEG", (400, 300))
        after = np.asarray(result.convert("RGB"))[top:bottom, left:right].astype(float)
        # A hidden face consists of large cells with averaged colours, so it has fewer edges.
        edges = [np.abs(np.diff(part, axis=1)).mean() for part in (before[top:bottom, left:right].astype(float), after)]
        assert edges[1] < edges[0] / 2, name
