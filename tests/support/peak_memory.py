"""Process files as the detector does, and print the outcome and the cost of each.

python -m tests.support.peak_memory DETECTOR QUALITY    each line of standard input is a `Case` as JSON
"""

import sys
from functools import partial
from pathlib import Path

import cv2
from face_detector.analyse import analyse
from face_detector.detection.detector import Detector, load_detector
from face_detector.imaging.header import read_header
from facelib.domain.errors import ImageRejected
from facelib.domain.frozen import Frozen
from facelib.domain.job import Quality
from facelib.domain.options import Options

from benchmarks.detectors.worker import peak_mib
from tests.support.cost import timed
from tests.support.detector import models_at_hand


class Case(Frozen):
    file: str
    options: Options


class Outcome(Frozen):
    """`outcome` is `ok`, the reason why the file was rejected, or an unexpected error."""

    case: Case
    outcome: str
    # The processor time of reading the header, before any pixel is decoded.
    header_seconds: float
    # The peak memory of the process so far.
    peak_mib: int


def outcome_of(data: bytes, options: Options, detector: Detector) -> str:
    try:
        analyse(data, options, detector)
    except ImageRejected as rejected:
        return rejected.failure.reason
    except Exception as error:  # noqa: BLE001 - the test says which file it was
        return repr(error)
    return "ok"


def main() -> None:
    cv2.setNumThreads(1)  # as on AWS
    detector = load_detector(sys.argv[1], Quality(sys.argv[2]), models_at_hand())
    for line in sys.stdin:
        case = Case.model_validate_json(line)
        data = Path(case.file).read_bytes()
        _, seconds = timed(partial(read_header, data))
        outcome = outcome_of(data, case.options, detector)
        print(Outcome(case=case, outcome=outcome, header_seconds=seconds, peak_mib=peak_mib()).model_dump_json())


if __name__ == "__main__":
    main()
