"""Hide the faces in photos on this computer, with the service's own detector but without a service or a connection.

This requires more libraries than the client: `pip install 'facecast[local]'`.

    detector = LocalDetector(render="blur")
    Path("blurred.jpg").write_bytes(detector.hide(Path("party.jpg").read_bytes()).jpeg)
"""

from dataclasses import dataclass, field

from facecast.bundled import HIDING

try:
    from face_detector.analyse import analyse
    from face_detector.detection.detector import load_detector
    from face_models import BEST
    from facelib.domain.errors import ImageRejected
    from facelib.domain.job import Quality
    from facelib.domain.options import Options
    from facelib.domain.renders import Render
except ImportError as error:
    raise ImportError(
        f"{error.name} is missing. To work without a service, run: pip install 'facecast[local]'", name=error.name
    ) from None


class PhotoRejected(Exception):
    """The file cannot be processed: it is damaged, too large, or not an image."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class Hidden:
    """A photo with hidden faces, as a JPEG without metadata, and the number of those faces."""

    jpeg: bytes = field(repr=False)
    face_count: int


class LocalDetector:
    """Hides everything that may be a face. The model is loaded once. Not thread-safe."""

    def __init__(self, render: str = "blur", *, strength: int | None = None, size: str = "original") -> None:
        """`render` is one of `facecast.bundled.HIDING`; the strength, 1 to 5, applies to all but `solid`.

        `size` is `original` or `fit` (at most 2,048 px on the long side). Raises ValueError if an argument is invalid.
        """
        if render not in HIDING:
            raise ValueError(f"{render} does not hide faces; choose one of {', '.join(HIDING)}.")
        self._render = Render(render)
        self._detector = load_detector(BEST, Quality.BALANCED)
        self._options = Options.model_validate(
            {
                "render": (self._render,),
                "size": size,
                # The count includes hidden faces below the threshold for reporting.
                "min_confidence": self._detector.redactor.redact_threshold,
                **({} if strength is None else {"blur_strength": strength}),
            }
        )

    def hide(self, data: bytes) -> Hidden:
        """Hide the faces in a photo of any format that the service accepts. Raises PhotoRejected for other files."""
        try:
            analysis = analyse(data, self._options, self._detector)
        except ImageRejected as rejected:
            raise PhotoRejected(rejected.failure.reason, rejected.failure.detail) from None
        return Hidden(analysis.results[self._render], len(analysis.faces))
