"""Fill a layer with the project's sources and the pinned packages for Lambda's Python and processor.

It runs in the copy of this folder that `sam build` makes, with Python 3.11 or newer, so it uses only the standard
library and uv. Unused files are left out. Environment variables:

FACECAST_ARCHITECTURE   arm64 (default) or x86_64
FACECAST_PYTHON         the Python the layer is for, 3.13 by default
FACECAST_COMPILER       an interpreter of that version, if it is not on the PATH; without one, nothing is byte-compiled
FACECAST_BUILD=local    only our own sources: the local stack's interpreter already has the packages (ignored for AWS)
"""

import hashlib
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = {"common": ("facelib",), "vision": ("face_models",), "web": ()}

# Lambda's Python 3.13 runs on Amazon Linux 2023 with glibc 2.34, which also supports wheels built for older versions.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
_PLATFORM: Final = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}

# Never needed at run time, in any package. METADATA and licences are kept, for scanners and for legal reasons.
_EVERYWHERE: Final = (
    "bin",
    "**/__pycache__",
    "**/tests",
    "**/*.pyi",
    "**/py.typed",
    ".lock",
    "*-stubs",
    "*.dist-info/RECORD",
    "*.dist-info/REQUESTED",
    "*.dist-info/INSTALLER",
    "*.dist-info/WHEEL",
    "*.dist-info/sboms",
)
# tests/packaging runs every function without these files.
_UNUSED: Final = {
    "common": (
        "boto3/data",
        "boto3/examples",
        "aws_lambda_powertools/event_handler",
        *(
            f"aws_lambda_powertools/utilities/{name}"
            for name in (
                "data_masking",
                "feature_flags",
                "idempotency",
                "kafka",
                "parameters",
                "streaming",
                "validation",
            )
        ),
    ),
    "vision": (
        "cv2/data",
        "numpy/_core/*_tests*.so",
        "numpy/_core/_simd*.so",
        "numpy/_core/include",
        "numpy/_core/lib",
        "numpy/_pyinstaller",
        "numpy/distutils",
        "numpy/doc",
        "numpy/f2py",
        "numpy/fft",
        "numpy/ma",
        "numpy/polynomial",
        "numpy/random",
        "numpy/testing",
        # The parts that draw text or use Tk, and the libraries that they need.
        "PIL/_imagingft.*",
        "PIL/_imagingtk.*",
        "pillow.libs/libfreetype*",
        "pillow.libs/libharfbuzz*",
        "pillow.libs/libbrotli*",
    ),
    "web": (),
}
# The AWS services that facelib.stores and the tracer use, and STS, which may provide credentials.
_AWS_SERVICES: Final = ("dynamodb", "events", "lambda", "s3", "sqs", "sts", "xray")


def main() -> int:
    layer, destination = sys.argv[1], Path(sys.argv[2]) / "python"
    destination.mkdir(parents=True, exist_ok=True)
    for source in SOURCES[layer]:
        shutil.copytree(HERE / layer / source, destination / source, ignore=shutil.ignore_patterns("__pycache__"))
    if os.environ.get("FACECAST_BUILD") == "local":
        return 0
    if layer == "vision":
        add_licences(destination)
    version = os.environ.get("FACECAST_PYTHON", "3.13")
    install(layer, destination, os.environ.get("FACECAST_ARCHITECTURE", "arm64"), version)
    trim(layer, destination)
    compile_sources(destination, version)
    return 0


def add_licences(destination: Path) -> None:
    """Copy each model's licence next to the packages. Raises SystemExit if there is no model or an invalid one."""
    models = runpy.run_path(str(HERE / "vision" / "face_models" / "__init__.py"))["MODELS"]
    shipped = [model for model in models.values() if model.path.is_file()]
    if not shipped:
        raise SystemExit("No detection model found in layers/vision/face_models. To download one: make model")
    for model in shipped:
        if hashlib.sha256(model.path.read_bytes()).hexdigest() != model.sha256:
            raise SystemExit(
                f"{model.path.name} has the wrong checksum. To download it again: make model MODEL={model.name}"
            )
        licences = destination.parent / "licenses"
        licences.mkdir(exist_ok=True)
        shutil.copy(HERE / "vision" / "licenses" / f"{model.name}.txt", licences)


def install(layer: str, destination: Path, architecture: str, version: str) -> None:
    """Install exactly what requirements.lock lists. Raises SystemExit if uv is missing."""
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is missing. To install it: pip install uv")
    platform = [f"--python={sys.executable}", f"--python-platform={_PLATFORM[architecture]}"]
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", *platform]
    # Copied, because the packages must not share their files with uv's cache.
    command = [uv, "pip", "install", *options, f"--python-version={version}", "--link-mode=copy"]
    lock = HERE / layer / "requirements.lock"
    subprocess.run([*command, f"--requirement={lock}", f"--target={destination}"], check=True)


def trim(layer: str, destination: Path) -> None:
    for pattern in (*_EVERYWHERE, *_UNUSED[layer]):
        for path in sorted(destination.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    for service in destination.glob("botocore/data/*/"):
        if service.name not in _AWS_SERVICES:
            shutil.rmtree(service)


def compile_sources(destination: Path, version: str) -> None:
    """Compile the sources, with unchecked bytecode. Otherwise, Lambda would compile them at each cold start."""
    compiler = _compiler(version)
    # Without bytecode, `make package` prints a warning.
    if compiler is None:
        return
    # With these options, tracebacks show the paths on Lambda.
    options = ["-q", "--invalidation-mode=unchecked-hash", "-s", str(destination), "-p", "/opt/python"]
    subprocess.run([compiler, "-m", "compileall", *options, str(destination)], check=True)


def _compiler(version: str) -> str | None:
    candidates = (os.environ.get("FACECAST_COMPILER"), sys.executable, shutil.which(f"python{version}"))
    return next((path for path in candidates if path and _version_of(path) == version), None)


def _version_of(interpreter: str) -> str:
    """Return the version that the interpreter prints, or nothing if it does not run: it may be a broken shim."""
    script = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        version = subprocess.run([interpreter, "-c", script], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return version.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
