"""Add the detector to the package: its code, the parts of facelib that it needs, and CenterFace's weights.

Nothing is copied within the repository. A source distribution already contains these files in `facecast/_bundled`.
"""

import ast
import hashlib
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_REPOSITORY: Final = Path(__file__).resolve().parent.parent
_DETECTOR: Final = _REPOSITORY / "functions" / "detector"
_COMMON: Final = _REPOSITORY / "layers" / "common"
_VISION: Final = _REPOSITORY / "layers" / "vision"
_BUNDLED: Final = "facecast/_bundled"
# Modules that import these, directly or indirectly, run only on Lambda.
_AWS: Final = frozenset({"aws_lambda_powertools", "boto3", "botocore"})


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable" and _DETECTOR.is_dir():
            modules = [*_pure_modules(), _VISION / "face_models" / "__init__.py"]
            places = {str(path): f"{_BUNDLED}/{path.relative_to(_root(path))}" for path in modules}
            build_data["force_include"].update(places | self._weights())

    def _weights(self) -> dict[str, str]:
        """Return the paths of CenterFace's weights and their licence. Raises ValueError if the checksum is wrong."""
        model = runpy.run_path(str(_VISION / "face_models" / "__init__.py"))["CENTERFACE"]
        if not model.path.is_file():
            self.app.display_warning(
                f"{model.path} is missing, so `facecast blur` will not work. To download it: make model"
            )
            return {}
        if hashlib.sha256(model.path.read_bytes()).hexdigest() != model.sha256:
            raise ValueError(f"{model.path} has the wrong checksum. Remove it, and download it again: make model")
        return {
            str(model.path): f"{_BUNDLED}/face_models/{model.path.name}",
            str(_VISION / "licenses" / "centerface.txt"): f"{_BUNDLED}/face_models/centerface.LICENSE.txt",
        }


def _pure_modules() -> list[Path]:
    """Return the modules of face_detector that do not need AWS, and the modules of facelib that they import."""
    paths = {
        _module(path): path for path in (*_DETECTOR.glob("face_detector/**/*.py"), *_COMMON.glob("facelib/**/*.py"))
    }
    imports = {module: set(_imports(path)) for module, path in paths.items()}
    for_aws = set(_AWS)
    while more := {module for module, imported in imports.items() if imported & for_aws} - for_aws:
        for_aws |= more
    needed = {module for module in imports if module.startswith("face_detector") and module not in for_aws}
    while more := {one for module in needed for one in imports[module] if one in imports} - needed:
        needed |= more
    return sorted(paths[module] for module in needed)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_root(path)).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    """Yield the modules that a module imports, and their packages."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom):
            # In `from a import b`, `b` may also be a module.
            names = [f"{node.module}.{name}" for name in names]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _root(path: Path) -> Path:
    return next(root for root in (_DETECTOR, _COMMON, _VISION) if path.is_relative_to(root))
