"""Makes the detector's modules importable: in the built package from `_bundled`, in a checkout from their folders."""

import sys
from pathlib import Path
from typing import Final

_BUNDLED: Final = Path(__file__).parent / "_bundled"
# Inserted first, because other packages with the same names may be installed.
if _BUNDLED.is_dir():
    sys.path.insert(0, str(_BUNDLED))

from facelib.domain.renders import Render  # noqa: E402 - needs the path above

# The face-hiding renders of this package's detector.
HIDING: Final = tuple(render.value for render in Render if render.hides_faces)
