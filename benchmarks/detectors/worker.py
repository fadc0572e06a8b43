"""One detector in a separate process: image paths on standard input, one JSON line per image on standard output.

benchmarks.detectors runs other libraries in separate virtual environments, so this module imports only packages that
all of them have. The first line is the detector's version. Boxes are [left, top, width, height] in pixels.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Boxes, their scores, and milliseconds per stage.
Result = tuple[list[list[float]], list[float], dict[str, float]]
Detect = Callable[[str], Result]
# Average precision also requires detections with low scores.
MIN_CONFIDENCE = 0.02


def ours(name: str, quality: str, threads: int) -> tuple[str, Detect]:
    cv2: Any = importlib.import_module("cv2")
    cv2.setNumThreads(threads)
    analyse: Any = importlib.import_module("face_detector.analyse")
    loader: Any = importlib.import_module("face_detector.detection.detector")
    job: Any = importlib.import_module("facelib.domain.job")
    models: Any = importlib.import_module("tests.support.detector")
    detector = loader.load_detector(name, job.Quality(quality), models.model_files(name))
    options = importlib.import_module("facelib.domain.options").Options

    def detect(path: str) -> Result:
        data = Path(path).read_bytes()
        # Timed as in the service: with the pose of each reported face, but not of hundreds of candidates.
        timings = analyse.analyse(data, options(), detector).timings_ms
        faces = analyse.find_faces(data, options(min_confidence=MIN_CONFIDENCE), detector).faces
        boxes = [[face.box.x, face.box.y, face.box.width, face.box.height] for face in faces]
        return boxes, [face.confidence for face in faces], dict(timings)

    return f"OpenCV {cv2.__version__}", detect


def dlib_hog(_: int) -> tuple[str, Detect]:
    dlib: Any = importlib.import_module("dlib")
    detector = dlib.get_frontal_face_detector()

    def detect(path: str) -> Result:
        pixels = dlib.load_rgb_image(path)
        start = time.perf_counter()
        # Upsampled once, as dlib's documentation advises for small faces; -0.5 is lower than the default threshold.
        rectangles, scores, _ = detector.run(pixels, 1, -0.5)
        elapsed = (time.perf_counter() - start) * 1000
        return [[r.left(), r.top(), r.width(), r.height()] for r in rectangles], list(scores), {"detect": elapsed}

    return f"dlib {dlib.__version__}", detect


def haar(threads: int) -> tuple[str, Detect]:
    cv2: Any = importlib.import_module("cv2")
    cv2.setNumThreads(threads)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def detect(path: str) -> Result:
        grey = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        start = time.perf_counter()
        boxes, _, scores = cascade.detectMultiScale3(grey, 1.1, 3, minSize=(16, 16), outputRejectLevels=True)
        elapsed = (time.perf_counter() - start) * 1000
        return [[*map(float, box)] for box in boxes], [*map(float, scores)], {"detect": elapsed}

    return f"OpenCV {cv2.__version__}", detect


def mediapipe(_: int) -> tuple[str, Detect]:
    """Load mediapipe's full-range model; mediapipe chooses the number of threads itself."""
    module: Any = importlib.import_module("mediapipe")
    image: Any = importlib.import_module("PIL.Image")
    numpy: Any = importlib.import_module("numpy")
    detector = module.solutions.face_detection.FaceDetection(model_selection=1, min_detection_confidence=MIN_CONFIDENCE)

    def detect(path: str) -> Result:
        pixels = numpy.asarray(image.open(path).convert("RGB"))
        start = time.perf_counter()
        detections = detector.process(pixels).detections or []
        elapsed = (time.perf_counter() - start) * 1000
        height, width = pixels.shape[:2]
        ratios = [d.location_data.relative_bounding_box for d in detections]
        boxes = [[b.xmin * width, b.ymin * height, b.width * width, b.height * height] for b in ratios]
        return boxes, [d.score[0] for d in detections], {"detect": elapsed}

    return f"mediapipe {module.__version__}", detect


def load(name: str, threads: int) -> tuple[str, Detect]:
    peers = {"dlib": dlib_hog, "haar": haar, "mediapipe": mediapipe}
    if name in peers:
        return peers[name](threads)
    detector, _, quality = name.partition("-")
    return ours(detector, quality, threads)


def responses(detect: Detect) -> Iterator[dict[str, object]]:
    for line in sys.stdin:
        boxes, scores, timings = detect(line.strip())
        yield {"boxes": boxes, "scores": scores, "timings_ms": timings, "peak_mib": peak_mib()}


def peak_mib() -> int:
    """Return the peak memory of this process; `getrusage` would include that of its parent."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) // 1024


if __name__ == "__main__":
    version, run = load(sys.argv[1], int(sys.argv[2]))
    print(json.dumps({"version": version}), flush=True)
    for response in responses(run):
        print(json.dumps(response), flush=True)
