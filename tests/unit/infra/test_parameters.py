"""What `make run` refuses before anything starts: one sentence each."""

from argparse import ArgumentTypeError
from pathlib import Path

import pytest
from face_models import Model

from infra.errors import Refused
from infra.local.deploy import LOCAL_PARAMETERS
from infra.local.layout import port_number
from infra.parameters import detection_models, installed_models, parameters_of_template, read_parameters


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("Foo", "NAME=VALUE, not 'Foo'"),
        ("Foo=bar", "no parameter 'Foo'"),
        ("Quality=best", "one of fast, balanced, thorough"),
        ("JobKeptDays=x", "JobKeptDays cannot be 'x'; it is a whole number from 1 to 365"),
        ("JobKeptDays=366", "a whole number from 1 to 365"),
        ("PostsPerSecond=0", "a whole number from 1 on"),
        ("Detector=best, yunet", "best, or names of networks"),
    ],
)
def test_a_parameter_that_makes_no_sense(pair: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        read_parameters([pair])


def test_parameters_are_those_of_the_template() -> None:
    assert read_parameters(["Quality=fast", "JobKeptDays=2"]) == {"Quality": "fast", "JobKeptDays": "2"}
    assert parameters_of_template()["Quality"] == "balanced"


def test_a_missing_model_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Model, "path", property(lambda model: tmp_path / str(model.file_name)))
    with pytest.raises(Refused, match="make model MODEL=yunet"):
        detection_models({"Detector": "yunet"}, installed_models())
    with pytest.raises(Refused, match="make model MODEL=centerface"):
        detection_models({}, installed_models())
    (tmp_path / "centerface.onnx").touch()
    assert detection_models({}, installed_models()) == ("centerface",)


def test_the_models_at_work_are_those_of_the_detector() -> None:
    both = ("centerface", "yunet")
    assert detection_models({}, both) == both
    assert detection_models({"Detector": "yunet"}, both) == ("yunet",)
    assert detection_models({"Detector": "yunet+centerface"}, both) == both


def test_a_network_that_is_named_must_be_there() -> None:
    with pytest.raises(Refused, match="make model MODEL=yunet"):
        detection_models({"Detector": "centerface+yunet"}, ["centerface"])
    with pytest.raises(Refused, match="choose one of best, centerface, yunet"):
        detection_models({"Detector": "haar"}, ["centerface"])


@pytest.mark.parametrize("port", ["abc", "80000", "0", "-1", "", "\u0664"])
def test_a_port_that_is_none(port: str) -> None:
    with pytest.raises(ArgumentTypeError, match="a port is a number from 1 to 65535"):
        port_number(port)


def test_a_slow_laptop_has_as_long_for_a_photo_as_aws() -> None:
    local = {**parameters_of_template(), **LOCAL_PARAMETERS}
    assert local["DetectorTimeout"] == parameters_of_template()["DetectorTimeout"] == "30"
    # A message that came back earlier would find its own detector still at work.
    assert int(local["DetectorTimeout"]) < int(local["DetectVisibility"]) < 60
