"""One detector in a process of its own: paths come in on standard input, one JSON line an image goes out.

Run by benchmarks.detectors, peers in environments of their own; so nothing here is imported that one of them lacks.
The first line out tells the detector's version. Boxes are [left, top, width, height, confidence] in pixels.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Boxes = list[list[float]]
Look = Callable[[str], tuple[Boxes, dict[str, float]]]
# At most so sure must a face be to count: average precision needs the doubtful ones as well.
LEAST = 0.02


def ours(name: str, quality: str, threads: int) -> tuple[str, Look]:
    cv2: Any = importlib.import_module("cv2")
    cv2.setNumThreads(threads)
    analyse: Any = importlib.import_module("face_detector.analyse")
    detect: Any = importlib.import_module("face_detector.detection.detector")
    job: Any = importlib.import_module("facelib.job")
    models: Any = importlib.import_module("tests.support.detector")
    detector = detect.load_detector(name, job.Quality(quality), models.model_files(name))
    options = job.Options(min_confidence=LEAST)

    def look(path: str) -> tuple[Boxes, dict[str, float]]:
        done = analyse.analyse(Path(path).read_bytes(), options, detector)
        boxes = [[f.box.x, f.box.y, f.box.width, f.box.height, f.confidence] for f in done.faces]
        return boxes, dict(done.timings_ms)

    return f"OpenCV {cv2.__version__}", look


def dlib_hog(_: int) -> tuple[str, Look]:
    dlib: Any = importlib.import_module("dlib")
    detector = dlib.get_frontal_face_detector()

    def look(path: str) -> tuple[Boxes, dict[str, float]]:
        pixels = dlib.load_rgb_image(path)
        begun = time.perf_counter()
        # Upsampled once, as its documentation advises for small faces; -0.5 lets the doubtful ones through.
        found, scores, _ = detector.run(pixels, 1, -0.5)
        taken = (time.perf_counter() - begun) * 1000
        boxes = [[r.left(), r.top(), r.width(), r.height(), s] for r, s in zip(found, scores, strict=True)]
        return boxes, {"detect": taken}

    return f"dlib {dlib.__version__}", look


def haar(threads: int) -> tuple[str, Look]:
    cv2: Any = importlib.import_module("cv2")
    cv2.setNumThreads(threads)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def look(path: str) -> tuple[Boxes, dict[str, float]]:
        grey = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        begun = time.perf_counter()
        found, _, scores = cascade.detectMultiScale3(grey, 1.1, 3, minSize=(16, 16), outputRejectLevels=True)
        taken = (time.perf_counter() - begun) * 1000
        boxes = [[*map(float, box), float(score)] for box, score in zip(found, scores, strict=True)]
        return boxes, {"detect": taken}

    return f"OpenCV {cv2.__version__}", look


def mediapipe(_: int) -> tuple[str, Look]:
    """Its full-range model; mediapipe chooses the number of threads itself."""
    module: Any = importlib.import_module("mediapipe")
    image: Any = importlib.import_module("PIL.Image")
    numpy: Any = importlib.import_module("numpy")
    detector = module.solutions.face_detection.FaceDetection(model_selection=1, min_detection_confidence=LEAST)

    def look(path: str) -> tuple[Boxes, dict[str, float]]:
        pixels = numpy.asarray(image.open(path).convert("RGB"))
        begun = time.perf_counter()
        found = detector.process(pixels).detections or []
        taken = (time.perf_counter() - begun) * 1000
        height, width = pixels.shape[:2]
        places = [(d.location_data.relative_bounding_box, d.score[0]) for d in found]
        boxes = [[b.xmin * width, b.ymin * height, b.width * width, b.height * height, s] for b, s in places]
        return boxes, {"detect": taken}

    return f"mediapipe {module.__version__}", look


def load(name: str, threads: int) -> tuple[str, Look]:
    peers = {"dlib": dlib_hog, "haar": haar, "mediapipe": mediapipe}
    if name in peers:
        return peers[name](threads)
    detector, _, quality = name.partition("-")
    return ours(detector, quality, threads)


def answers(look: Look) -> Iterator[dict[str, object]]:
    for line in sys.stdin:
        boxes, timings = look(line.strip())
        yield {"boxes": boxes, "timings_ms": timings, "peak_mib": peak_mib()}


def peak_mib() -> int:
    """The most memory since the program started; `getrusage` would count what its parent had."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


if __name__ == "__main__":
    version, chosen = load(sys.argv[1], int(sys.argv[2]))
    print(json.dumps({"version": version}), flush=True)
    for answer in answers(chosen):
        print(json.dumps(answer), flush=True)
