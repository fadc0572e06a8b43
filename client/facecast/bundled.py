"""The modules of the detector: in the built package under `_bundled`, in the repository where they are."""

import sys
from pathlib import Path
from typing import Final

_BUNDLED: Final = Path(__file__).parent / "_bundled"
# Inserted first, because other packages of the same names may be installed.
if _BUNDLED.is_dir():
    sys.path.insert(0, str(_BUNDLED))

from facelib.domain.renders import Render  # noqa: E402 - found there

# The renders of this package's detector that hide faces.
HIDING: Final = tuple(render.value for render in Render if render.hides_faces)
