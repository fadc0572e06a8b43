"""Go through a folder of files as the detector does and print the most memory it took.

python -m tests.support.peak_memory FOLDER [OPTIONS]    the job's options as JSON
"""

import contextlib
import sys
from pathlib import Path

from face_detector.analyse import analyse
from face_detector.detection.detector import load_detector
from face_models import BEST
from facelib.errors import ImageRejected
from facelib.job import Quality
from facelib.options import Options, Size

from benchmarks.detectors.worker import peak_mib
from tests.support.detector import models_at_hand

if __name__ == "__main__":
    detector = load_detector(BEST, Quality.BALANCED, models_at_hand())
    options = Options.model_validate_json(sys.argv[2]) if len(sys.argv) > 2 else Options(size=Size.ORIGINAL)
    for file in sorted(Path(sys.argv[1]).iterdir()):
        with contextlib.suppress(ImageRejected):
            analyse(file.read_bytes(), options, detector)
        print(file.name, peak_mib())
    print(peak_mib())
