"""The pipeline of one image: header, pixels, faces, results; each stage timed."""

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

# A JPEG is decoded at half its size if the result still has at least this share of its maximum side: a photo of
# 4,000 px becomes one of 2,000 px instead of 2,048, which saves the most expensive resampling step.
_MIN_RESULT_SHARE: Final = 0.9
# Decoding more pixels than this takes hundreds of megabytes, so the networks' idle buffers are freed first.
_LARGE_IMAGE_PIXELS: Final = 20_000_000
_REDACTING: Final = frozenset({Render.BLUR, Render.PIXELATE})


@dataclass(frozen=True)
class Detected:
    """The faces in an image that pass the options, by descending confidence."""

    image: ImageInfo
    faces: tuple[Face, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True)
class Analysis(Detected):
    """The faces in an image and its renders, as JPEG."""

    results: Mapping[Render, bytes]


def find_faces(data: bytes, options: Options, detector: Detector) -> Detected:
    """Find the faces without rendering. Raises ImageRejected for bytes that cannot be processed."""
    stages = StageTimer()
    image, _, detected = _detect(data, detector, detector.long_side, _threshold(options, detector), stages)
    return Detected(image, _reported(detected, options, detector), stages.timings_ms())


def analyse(data: bytes, options: Options, detector: Detector) -> Analysis:
    """Find the faces and draw every requested render. Raises ImageRejected for bytes that cannot be processed."""
    stages = StageTimer()
    fit = None if options.size is Size.ORIGINAL else limits.RESULT_LONG_SIDE
    decode_side = None if fit is None else max(detector.long_side, round(fit * _MIN_RESULT_SHARE))
    threshold = _threshold(options, detector)
    if not _REDACTING.isdisjoint(options.render):
        threshold = min(threshold, detector.redact_threshold)
    image, pixels, detected = _detect(data, detector, decode_side, threshold, stages)
    faces = _reported(detected, options, detector)
    with stages.timed("render"):
        if fit is not None and max(pixels.shape[:2]) > fit:
            pixels = scale_to(pixels, fit, cv2.INTER_AREA)
    redacted = _redacted(detected, faces, detector)
    results = {how: _draw(pixels, redacted if how in _REDACTING else faces, how, stages) for how in options.render}
    return Analysis(image, faces, stages.timings_ms(), results)


def _threshold(options: Options, detector: Detector) -> float:
    return detector.threshold if options.min_confidence is None else options.min_confidence


def _reported(detected: tuple[Face, ...], options: Options, detector: Detector) -> tuple[Face, ...]:
    threshold = _threshold(options, detector)
    return tuple(face for face in detected if face.confidence >= threshold)[: options.max_faces]


def _redacted(detected: tuple[Face, ...], reported: tuple[Face, ...], detector: Detector) -> tuple[Face, ...]:
    """Return every face to redact: options filter the reported faces, never these."""
    above_threshold = tuple(face for face in detected if face.confidence >= detector.redact_threshold)
    # With a low min_confidence more faces are reported than that; all of them are redacted.
    return max(above_threshold, reported, key=len)


def _draw(pixels: Pixels, faces: tuple[Face, ...], how: Render, stages: "StageTimer") -> bytes:
    """Render and encode one result, so that only one canvas is in memory at a time."""
    with stages.timed("render"):
        canvas = render(pixels, faces, how)
    with stages.timed("encode"):
        return encode(canvas)


def _detect(
    data: bytes, detector: Detector, long_side: int | None, threshold: float, stages: "StageTimer"
) -> tuple[ImageInfo, Pixels, tuple[Face, ...]]:
    """Return the image, its upright pixels and every face at or above the threshold, by descending confidence."""
    with stages.timed("header"):
        header = read_header(data)
        if header.width * header.height > _LARGE_IMAGE_PIXELS:
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
    """Total milliseconds per stage."""

    _elapsed_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._elapsed_ms[stage] = self._elapsed_ms.get(stage, 0.0) + (time.perf_counter() - start) * 1_000

    def timings_ms(self) -> dict[str, float]:
        return {stage: round(elapsed, 1) for stage, elapsed in self._elapsed_ms.items()}
