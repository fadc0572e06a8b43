"""The contents of the packages."""

import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from face_models import CENTERFACE

from infra import ROOT
from infra.aws.package import LIMIT_BYTES, Architecture, packages, table
from tests.support.packages import Runnable

pytestmark = pytest.mark.xdist_group("packaging")

Built = tuple[Architecture, Path]

# The machine of an ELF file is at byte 18. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
ELF_MACHINE = {"arm64": 183, "x86_64": 62}


def extensions(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and (path.suffix == ".so" or ".so." in path.name))


def pins(lock: Path) -> set[str]:
    """Return every NAME==VERSION in a lock file. uv itself refuses a lock file in which a hash is missing."""
    return set(re.findall(r"^\S+==\S+", lock.read_text(), re.MULTILINE))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_every_function_fits_with_room_left(for_lambda: Built) -> None:
    architecture, folder = for_lambda
    built = packages(folder)
    print(f"{architecture}\n{table(built)}")
    assert len(built) == 8
    # Less room is left on x86_64: OpenCV and NumPy each contain an OpenBLAS with kernels for many old processors.
    least = {"arm64": 60, "x86_64": 5}[architecture] * 1_000_000
    assert all(package.room >= least for package in built)
    assert all(package.total < LIMIT_BYTES // 4 for package in built if package.function != "DetectorFunction")


def test_extensions_are_for_the_processor_and_for_python_313(for_lambda: Built) -> None:
    architecture, folder = for_lambda
    libraries = list(extensions(folder))
    assert len(libraries) > 20
    for path in libraries:
        (machine,) = struct.unpack_from("<H", path.read_bytes()[:20], 18)
        assert machine == ELF_MACHINE[architecture], path
        assert "cpython-" not in path.name or "cpython-313-" in path.name, path


def test_only_the_detector_contains_image_code(for_lambda: Built) -> None:
    _, folder = for_lambda
    for layer in ("CommonLayer", "WebLayer"):
        assert not {"cv2", "numpy", "PIL", "simplejpeg"} & names(folder / layer / "python")
    assert {"cv2", "numpy", "PIL", "simplejpeg", "face_models"} <= names(folder / "VisionLayer" / "python")


def test_the_model_is_the_real_one_and_has_its_licence(for_lambda: Built) -> None:
    layer = for_lambda[1] / "VisionLayer"
    model = layer / "python" / "face_models" / CENTERFACE.file_name
    assert hashlib.sha256(model.read_bytes()).hexdigest() == CENTERFACE.sha256
    assert "MIT License" in (layer / "licenses" / "centerface.txt").read_text()


def test_swagger_ui_is_in_the_web_layer(for_lambda: Built) -> None:
    resources = for_lambda[1] / "WebLayer" / "python" / "fastapi_swagger" / "resources"
    assert {"swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"} <= names(resources)


def test_unused_files_are_not_shipped(for_lambda: Built) -> None:
    _, folder = for_lambda
    for path in folder.rglob("*"):
        assert path.suffix != ".pyi"
        assert path.name not in ("tests", "RECORD", "INSTALLER"), path
    services = {
        path.name for path in (folder / "CommonLayer" / "python" / "botocore" / "data").iterdir() if path.is_dir()
    }
    assert services == {"dynamodb", "events", "lambda", "s3", "sqs", "sts", "xray"}


def test_the_colour_converter_is_shipped(for_lambda: Built) -> None:
    _, folder = for_lambda
    packages = folder / "VisionLayer" / "python"
    assert list(packages.glob("PIL/_imagingcms.*.so"))
    assert list(packages.glob("pillow.libs/liblcms2*"))


def test_every_package_keeps_its_licence(for_lambda: Built) -> None:
    _, folder = for_lambda
    for package in folder.glob("*/python/*.dist-info"):
        licences = [path for path in package.rglob("*") if path.name.upper().startswith(("LICEN", "COPYING", "NOTICE"))]
        stated = "license" in (package / "METADATA").read_text().lower()
        assert licences or stated, package


def test_layers_are_compiled_in_advance_and_never_checked_against_their_source(runnable: Runnable) -> None:
    """Layers are read-only on Lambda, so modules without valid bytecode would be compiled at every cold start."""
    for layer in ("CommonLayer", "VisionLayer", "WebLayer"):
        sources = list((runnable.folder / layer).rglob("*.py"))
        assert sources
        for source in sources:
            compiled = runnable.compiled(source)
            (flags,) = struct.unpack_from("<I", compiled.read_bytes()[:8], 4)
            assert flags == 0b01, compiled


@pytest.mark.parametrize("layer", ["common", "vision", "web"])
def test_shipped_versions_are_the_tested_ones(layer: str) -> None:
    """Each package in a layer's lock file has the same version in the development environment."""
    shipped = pins(ROOT / "layers" / layer / "requirements.lock")
    assert shipped
    assert shipped <= pins(ROOT / "requirements.txt")


def test_layers_do_not_share_packages() -> None:
    locks = {layer: pins(ROOT / "layers" / layer / "requirements.lock") for layer in ("common", "vision", "web")}
    assert not locks["common"] & (locks["vision"] | locks["web"])
