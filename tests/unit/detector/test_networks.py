"""Every network is a module that is found by its model's name, and any number of networks can be combined."""

from pathlib import Path

import numpy as np
import pytest
from face_detector.analyse import find_faces
from face_detector.detection import networks
from face_detector.detection.detections import Detections
from face_detector.detection.detector import load_detector
from face_detector.detection.ensemble import passes_of
from face_detector.detection.network import NetworkDefinition, Scales, Thresholds
from face_detector.detection.pyramid import Pyramid
from face_detector.imaging.pixels import Pixels
from face_models import CENTERFACE, MODELS, YUNET, Download, Model, models_of
from facelib.domain.job import Quality
from facelib.domain.options import Options

from tests.support.detector import detections, model_files
from tests.support.pictures import astronaut, resized, uncompressed


class Third:
    """A network that detects one face in the same place in every picture."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def infer(self, pixels: Pixels, threshold: float) -> Detections:
        return detections((0, 0, 30, 30, 0.9))

    def reload(self) -> None:
        pass


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """Add a third network, with its model and its definition."""
    model = Model("third", "third.onnx", 5, "0" * 64, Download("https://models.example/third.onnx"))
    (tmp_path / model.file_name).write_bytes(b"third")
    pyramids = dict.fromkeys(Quality, Pyramid((64,), 64))
    scales = Scales({Quality.FAST: Pyramid((64,), 64)}, pyramids, redacting=pyramids)
    definition = NetworkDefinition(Third, scales, dict.fromkeys(Quality, Thresholds(0.5, 0.4)), in_ensemble=scales)
    monkeypatch.setitem(MODELS, model.name, model)
    found = networks.definition_of
    monkeypatch.setattr(
        "face_detector.detection.detector.definition_of", lambda one: definition if one is model else found(one)
    )
    return model


def test_each_model_has_a_network_and_each_network_a_model() -> None:
    files = {path.stem for path in Path(networks.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(MODELS)
    for model in MODELS.values():
        definition = networks.definition_of(model)
        for scales in (definition.alone, definition.in_ensemble):
            assert set(scales.reporting) == set(scales.redacting) == set(Quality)


def test_three_networks_work_together_like_two(third: Model, tmp_path: Path) -> None:
    files = {CENTERFACE.name: CENTERFACE.path, YUNET.name: model_files(YUNET.name)[YUNET.name]}
    files |= {third.name: tmp_path / third.file_name}
    pair = load_detector("centerface+yunet", Quality.FAST, files)
    three = load_detector("best", Quality.FAST, files)
    assert three.info.name == "centerface+yunet+third"
    assert three.threshold == pair.threshold
    picture = uncompressed(resized(astronaut(), 256, 256))
    # Use the detectors for hiding faces, which use all scales in one pass.
    (of_pair,) = find_faces(picture, Options(min_confidence=0.2), pair.redactor).faces
    of_three = find_faces(picture, Options(min_confidence=0.2), three.redactor).faces
    # Each network contributes a third of the score.
    assert of_three[0].confidence == pytest.approx(of_pair.confidence * 2 / 3, abs=1e-3)
    assert of_three[1].confidence == pytest.approx(0.3, abs=1e-3)
    assert of_three[0].box == of_pair.box


def test_all_networks_have_as_many_passes_as_the_one_with_the_fewest() -> None:
    pyramid = Pyramid((64,), 64)
    with_coarse = networks.definition_of(CENTERFACE).in_ensemble
    without = Scales({}, dict.fromkeys(Quality, pyramid), dict.fromkeys(Quality, pyramid))
    assert passes_of([with_coarse, without], Quality.FAST) == [(with_coarse.reporting[Quality.FAST],), (pyramid,)]
    assert len(passes_of([with_coarse, with_coarse], Quality.FAST)[1]) == 2


def test_networks_keep_their_order_regardless_of_the_order_given() -> None:
    assert models_of("yunet+centerface") == models_of("centerface+yunet") == (CENTERFACE, YUNET)
    assert models_of("yunet+yunet") == (YUNET,)


@pytest.mark.parametrize("name", ["", "best+yunet", "yunet+", "haar"])
def test_an_unknown_network_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="choose one of best, centerface, yunet"):
        models_of(name)


def test_a_requested_network_must_be_installed(tmp_path: Path) -> None:
    files = {CENTERFACE.name: CENTERFACE.path, YUNET.name: tmp_path / "nowhere.onnx"}
    with pytest.raises(FileNotFoundError, match="make model MODEL=yunet"):
        load_detector("centerface+yunet", Quality.FAST, files)
    assert np.isclose(load_detector("best", Quality.FAST, files).threshold, 0.35)
