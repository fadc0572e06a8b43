"""The pipeline for one image, whose stages are timed: header, decoding, detection, results."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import cv2
from facelib.domain import limits
from facelib.domain.corrections import Corrections
from facelib.domain.face import Face
from facelib.domain.job import Detection, ImageInfo, Job
from facelib.domain.options import Options, Size
from facelib.domain.renders import Render

from face_detector.corrected import corrected
from face_detector.detection.detector import Detector
from face_detector.drawing import drawing_of, encode
from face_detector.face_image import cut_out, side_needed
from face_detector.faces import as_faces
from face_detector.imaging.colour import to_srgb
from face_detector.imaging.decode import decode
from face_detector.imaging.header import Header, read_header
from face_detector.imaging.orientation import turn_upright
from face_detector.imaging.pixels import Pixels
from face_detector.imaging.scale import scale_to

# A JPEG is decoded at a reduced size if the result still has at least this share of the maximum long side. For example,
# a 4,000 px photo is decoded at 2,000 px and not scaled to 2,048 px, which saves the most expensive resampling step.
_MIN_RESULT_SHARE: Final = 0.9
# Decoding or drawing more pixels than this takes hundreds of megabytes, so the networks' idle buffers are freed first.
_LARGE_IMAGE_PIXELS: Final = 20_000_000


class Analysis(Detection):
    """The faces in an image, and its renders as files."""

    results: Mapping[Render, bytes]


def find_faces(data: bytes, options: Options, detector: Detector) -> Detection:
    """Find the faces without rendering. Raises ImageRejected for bytes that cannot be processed."""
    stages = StageTimer()
    header, pixels = _decode(data, detector, detector.long_side, stages)
    detected = _detect(pixels, header, detector, _threshold(options, detector), stages)
    faces = _reported(detected, options, detector)
    return Detection(image=_image_info(data, header), faces=faces, timings_ms=stages.timings_ms())


def analyse(data: bytes, options: Options, detector: Detector) -> Analysis:
    """Find the faces and draw every requested render. Raises ImageRejected for bytes that cannot be processed."""
    stages = StageTimer()
    threshold = _threshold(options, detector)
    if any(map(options.hides_faces, options.results)):
        detector = detector.redactor
        threshold = min(threshold, detector.redact_threshold)
    header, pixels = _decode(data, detector, _decode_side(options, detector), stages)
    detected = _detect(pixels, header, detector, threshold, stages)
    faces = _reported(detected, options, detector)
    pixels = _fit(pixels, header, options, stages)
    redacted = _redacted(detected, faces, detector)
    results = {
        render: _draw(
            # A copy, if another render still needs the unchanged pixels.
            pixels if in_place else pixels.copy(),
            redacted if options.hides_faces(render) else faces,
            render,
            options,
            stages,
        )
        for render, in_place in _in_turn(options.results)
    }
    image = _image_info(data, header)
    return Analysis(image=image, faces=faces, timings_ms=stages.timings_ms(), results=results)


def redraw(data: bytes, job: Job, renders: Sequence[Render], detector: Detector) -> Mapping[Render, bytes]:
    """Draw or redraw renders of a completed job, with its corrections. Raises ImageRejected as `analyse` does.

    Detection runs again only for renders that hide faces, because they hide more faces than are reported.
    """
    stages = StageTimer()
    options, reported = job.options, job.faces or ()
    hides = any(map(options.hides_faces, renders))
    detector = detector.redactor if hides else detector
    header, pixels = _decode(data, detector, _decode_side(options, detector), stages)
    hidden: tuple[Face, ...] = ()
    if hides:
        hidden = _redacted(_detect(pixels, header, detector, detector.redact_threshold, stages), reported, detector)
        hidden = corrected(hidden, reported, job.corrections or Corrections(), header.upright_size)
    pixels = _fit(pixels, header, options, stages)
    return {
        render: _draw(
            pixels if in_place else pixels.copy(),
            hidden if options.hides_faces(render) else reported,
            render,
            options,
            stages,
        )
        for render, in_place in _in_turn(renders)
    }


def draw_face(data: bytes, image: ImageInfo, face: Face, detector: Detector, *, align: bool) -> bytes:
    """Return one face of an image as a picture, at the highest allowed resolution.

    Raises ImageRejected for bytes that cannot be processed.
    """
    header, pixels = _decode(data, detector, side_needed(face, image), StageTimer())
    return encode(to_srgb(cut_out(pixels, face, align=align), header.profile), Render.PLAIN)


def _in_turn(renders: Sequence[Render]) -> Iterator[tuple[Render, bool]]:
    """Yield each render and whether to draw it in place.

    Memory has room for only one copy of a 110-megapixel image, so renders that need a copy are drawn first, when
    few results are in memory yet.
    """
    drawn = [render for render in renders if render.declared.writes_on_pixels]
    for render in (*drawn[:-1], *(render for render in renders if not render.declared.writes_on_pixels), *drawn[-1:]):
        yield render, render not in drawn[:-1]


def _threshold(options: Options, detector: Detector) -> float:
    return detector.threshold if options.min_confidence is None else options.min_confidence


def _reported(detected: tuple[Face, ...], options: Options, detector: Detector) -> tuple[Face, ...]:
    threshold = _threshold(options, detector)
    return tuple(face for face in detected if face.confidence >= threshold)[: options.max_faces]


def _redacted(detected: tuple[Face, ...], reported: tuple[Face, ...], detector: Detector) -> tuple[Face, ...]:
    """Return every face to hide; options filter only the reported faces."""
    above_threshold = tuple(face for face in detected if face.confidence >= detector.redact_threshold)
    # With a low min_confidence, faces below this threshold are reported too; every reported face is hidden.
    return tuple(dict.fromkeys((*above_threshold, *reported)))


def _draw(pixels: Pixels, faces: tuple[Face, ...], render: Render, options: Options, stages: "StageTimer") -> bytes:
    """Draw one result on the given pixels, and encode it."""
    with stages.timed("render"):
        canvas = drawing_of(render)(pixels, faces, options)
    with stages.timed("encode"):
        return encode(canvas, render)


def _result_side(options: Options) -> int | None:
    return None if options.size is Size.ORIGINAL else limits.RESULT_LONG_SIDE


def _decode_side(options: Options, detector: Detector) -> int | None:
    """Return the long side that is sufficient for detection and results, or None if they need the full size."""
    side = _result_side(options)
    return None if side is None else max(detector.long_side, round(side * _MIN_RESULT_SHARE))


def _fit(pixels: Pixels, header: Header, options: Options, stages: "StageTimer") -> Pixels:
    """Scale to the size of results, then convert the colours, which takes less time after scaling."""
    side = _result_side(options)
    with stages.timed("render"):
        fitted = scale_to(pixels, side, cv2.INTER_AREA) if side and max(pixels.shape[:2]) > side else pixels
        return to_srgb(fitted, header.profile)


def _decode(data: bytes, detector: Detector, long_side: int | None, stages: "StageTimer") -> tuple[Header, Pixels]:
    """Return an image's header and its upright pixels, with a long side of at least `long_side` (None: full size)."""
    with stages.timed("header"):
        header = read_header(data)
        _make_room(header.width * header.height, detector)
    with stages.timed("decode"):
        stored = decode(data, header, long_side)
    with stages.timed("upright"):
        return header, turn_upright(stored, header.orientation)


def _detect(
    pixels: Pixels, header: Header, detector: Detector, threshold: float, stages: "StageTimer"
) -> tuple[Face, ...]:
    """Return every face at or above the threshold, by descending confidence."""
    with stages.timed("detect"):
        faces = as_faces(detector.detect(pixels, threshold), pixels, header.upright_size)
        _make_room(pixels.size // 3, detector)
    return faces


def _make_room(pixel_count: int, detector: Detector) -> None:
    if pixel_count > _LARGE_IMAGE_PIXELS:
        detector.reload()


def _image_info(data: bytes, header: Header) -> ImageInfo:
    width, height = header.upright_size
    return ImageInfo(width=width, height=height, format=header.format, bytes=len(data))


@dataclass
class StageTimer:
    """Measures the total milliseconds of each stage."""

    _elapsed_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._elapsed_ms[stage] = self._elapsed_ms.get(stage, 0.0) + (time.perf_counter() - start) * 1_000

    def timings_ms(self) -> dict[str, float]:
        return {stage: round(elapsed, 1) for stage, elapsed in self._elapsed_ms.items()}
