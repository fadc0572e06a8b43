"""The whole way of one image: header, pixels, faces, results; each stage timed."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import cv2
from facelib import limits
from facelib.job import Face, ImageInfo, Options, Render, Size

from face_detector.detection.detector import Detector
from face_detector.faces import as_faces
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from face_detector.imaging.orientation import turn_upright
from face_detector.imaging.pixels import Pixels
from face_detector.imaging.render import encode, render
from face_detector.imaging.scale import scale_to

# A JPEG is decoded at half its size if a result then has at least this share of the side it may have: a photo of
# 4,000 pixels becomes one of 2,000 instead of 2,048, and the costliest resampling is saved.
_CLOSE_ENOUGH: Final = 0.9
# Decoding more pixels than this takes hundreds of megabytes, which the network's idle memory has to make room for.
_LARGE: Final = 20_000_000
_REDACTING: Final = frozenset({Render.BLUR, Render.PIXELATE})


@dataclass(frozen=True)
class Detected:
    """The faces in an image that the options ask for, by descending confidence."""

    image: ImageInfo
    faces: tuple[Face, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True)
class Analysis(Detected):
    """The faces in an image and the results drawn from it, as JPEG."""

    results: Mapping[Render, bytes]


def find_faces(data: bytes, options: Options, detector: Detector) -> Detected:
    """Find the faces and draw nothing. Raises ImageRejected for bytes that cannot be processed."""
    stages = StageTimer()
    image, _, detected = _detect(data, detector, detector.long_side, _answer_threshold(options, detector), stages)
    return Detected(image, _answer(detected, options, detector), stages.timings_ms())


def analyse(data: bytes, options: Options, detector: Detector) -> Analysis:
    """Find the faces and draw every render asked for. Raises ImageRejected for bytes that cannot be processed."""
    stages = StageTimer()
    fit = None if options.size is Size.ORIGINAL else limits.RESULT_LONG_SIDE
    decode_side = None if fit is None else max(detector.long_side, round(fit * _CLOSE_ENOUGH))
    threshold = _answer_threshold(options, detector)
    if not _REDACTING.isdisjoint(options.render):
        threshold = min(threshold, detector.redact_threshold)
    image, pixels, detected = _detect(data, detector, decode_side, threshold, stages)
    faces = _answer(detected, options, detector)
    with stages.timed("render"):
        if fit is not None and max(pixels.shape[:2]) > fit:
            pixels = scale_to(pixels, fit, cv2.INTER_AREA)
    redacted = _redacted(detected, faces, detector)
    results = {how: _draw(pixels, redacted if how in _REDACTING else faces, how, stages) for how in options.render}
    return Analysis(image, faces, stages.timings_ms(), results)


def _answer_threshold(options: Options, detector: Detector) -> float:
    return detector.threshold if options.min_confidence is None else options.min_confidence


def _answer(detected: tuple[Face, ...], options: Options, detector: Detector) -> tuple[Face, ...]:
    threshold = _answer_threshold(options, detector)
    return tuple(face for face in detected if face.confidence >= threshold)[: options.max_faces]


def _redacted(detected: tuple[Face, ...], answer: tuple[Face, ...], detector: Detector) -> tuple[Face, ...]:
    """Return every face that is to be hidden: options narrow the answer, never this."""
    certain = tuple(face for face in detected if face.confidence >= detector.redact_threshold)
    # A lower min_confidence puts more faces into the answer; what is told is hidden as well.
    return max(certain, answer, key=len)


def _draw(pixels: Pixels, faces: tuple[Face, ...], how: Render, stages: "StageTimer") -> bytes:
    """One result from pixels to bytes: never two drawings in memory at a time."""
    with stages.timed("render"):
        canvas = render(pixels, faces, how)
    with stages.timed("encode"):
        return encode(canvas)


def _detect(
    data: bytes, detector: Detector, long_side: int | None, threshold: float, stages: "StageTimer"
) -> tuple[ImageInfo, Pixels, tuple[Face, ...]]:
    """Return the image, its upright pixels and every face from the threshold on, by descending confidence."""
    with stages.timed("header"):
        header = read_header(data)
        if header.width * header.height > _LARGE:
            detector.reload()
    with stages.timed("decode"):
        stored = decode(data, header, long_side)
    with stages.timed("upright"):
        pixels = turn_upright(stored, header.orientation)
    with stages.timed("detect"):
        faces = as_faces(detector.detect(pixels, threshold), pixels, header.upright_size)
    width, height = header.upright_size
    image = ImageInfo(width=width, height=height, format=header.format, bytes=len(data))
    return image, pixels, faces


@dataclass
class StageTimer:
    """Milliseconds that each stage took, all its turns together."""

    _taken: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._taken[stage] = self._taken.get(stage, 0.0) + (time.perf_counter() - begun) * 1_000

    def timings_ms(self) -> dict[str, float]:
        return {stage: round(taken, 1) for stage, taken in self._taken.items()}
