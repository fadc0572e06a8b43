"""Decodes one file with the service and with other libraries, in a separate process."""

import multiprocessing
import resource
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import cv2
import numpy as np
from face_detector.imaging.colour import is_cmyk, to_srgb
from face_detector.imaging.decode import decode
from face_detector.imaging.header import Header, read_header
from face_detector.imaging.orientation import turn_upright
from face_detector.imaging.pixels import Pixels
from facelib.domain.errors import ImageRejected
from facelib.domain.frozen import Frozen
from facelib.domain.job import FailureReason

from benchmarks.files.others import opened, with_opencv, with_pillow

ACCEPTED, CRASHED, HUNG = "accepted", "crashed", "hung"
HEAD = "file\toutcome\tsize\tdifference\tsecond\tseconds\tMiB\tothers\tcolours\tdetail"


class Row(Frozen):
    """The outcome of a file. Differences are mean absolute values in levels of 255, or None without a comparison."""

    file: str
    # "accepted", the reason for rejecting the file, or how the process ended.
    outcome: str
    width: int = 0
    height: int = 0
    # The difference from Pillow with a conversion of the ICC profile.
    difference: float | None = None
    # The difference from OpenCV, before any conversion.
    second: float | None = None
    # The processor time in seconds, and the peak memory of the whole process.
    seconds: float = 0
    peak_mib: int = 0
    # The other libraries that decode it.
    others: str = ""
    # "ICC", or "named" for CICP code points, which Pillow does not read.
    colours: str = ""
    detail: str = ""

    @property
    def line(self) -> str:
        size = f"{self.width}x{self.height}" if self.width else "-"
        differences = ["-" if one is None else f"{one:.2f}" for one in (self.difference, self.second)]
        cost = [f"{self.seconds:.2f}", str(self.peak_mib)]
        return "\t".join([self.file, self.outcome, size, *differences, *cost, self.others, self.colours, self.detail])


def look(data: bytes, name: str) -> Row:
    """Decode at full size, without looking for faces, and compare with the other libraries."""
    start = time.process_time()
    try:
        header = read_header(data)
        stored = turn_upright(decode(data, header, None), header.orientation)
        pixels = to_srgb(stored.copy(), header.profile)
    except ImageRejected as rejected:
        row = Row(file=name, outcome=rejected.failure.reason, detail=rejected.failure.detail, **_cost(start))
        # For these files, other libraries would take hours and gigabytes.
        is_large = rejected.failure.reason is FailureReason.TOO_MANY_PIXELS
        return row if is_large else row.model_copy(update={"others": _who(with_pillow(data), with_opencv(data))})
    row = Row(file=name, outcome=ACCEPTED, width=pixels.shape[1], height=pixels.shape[0], **_cost(start))
    pillow, opencv = with_pillow(data), with_opencv(data)
    second = None if opencv is None or is_cmyk(header.profile) else turn_upright(opencv, header.orientation)
    return row.model_copy(
        update={
            "difference": _difference(pixels, pillow),
            "second": _difference(stored, second),
            "others": _who(pillow, opencv),
            "colours": _colours(data, header),
        }
    )


def _cost(start: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": time.process_time() - start, "peak_mib": peak // 1024}


def _difference(one: Pixels, other: Pixels | None) -> float | None:
    """Return the mean difference, or 255 for pictures of different sizes."""
    if other is None:
        return None
    return float(np.mean(cv2.absdiff(one, other))) if one.shape == other.shape else 255.0


def _who(pillow: Pixels | None, opencv: Pixels | None) -> str:
    return "+".join(name for name, pixels in (("Pillow", pillow), ("OpenCV", opencv)) if pixels is not None)


def _colours(data: bytes, header: Header) -> str:
    if not header.profile:
        return ""
    with suppress(Exception), opened(data) as image:
        return "ICC" if image.info.get("icc_profile") == header.profile else "named"
    return "named"


Look = Callable[[bytes, str], Row]


def row_of(path: Path, name: str, seconds: float, look: Look = look) -> Row:
    """Examine a file in a separate process, which may crash or hang."""
    # Forked from a server that has imported everything and has no threads, because OpenCV's threads do not survive a
    # fork.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    result, far_end = processes.Pipe(duplex=False)
    process = processes.Process(target=_work, args=(path, name, look, far_end))
    process.start()
    far_end.close()
    row = Row(file=name, outcome=HUNG)
    if result.poll(seconds):
        try:
            row = result.recv()
        except EOFError:
            row = Row(file=name, outcome=CRASHED)
    process.kill()
    process.join()
    return row


def _work(path: Path, name: str, look: Look, result: Connection) -> None:
    cv2.setNumThreads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result.send(look(path.read_bytes(), name))
        except Exception as error:  # noqa: BLE001 - the line says which file it was
            result.send(Row(file=name, outcome=CRASHED, detail=repr(error)))
