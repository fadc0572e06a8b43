"""`make run` refuses invalid values before anything starts, with one sentence each."""

import re
from pathlib import Path

import pytest
from face_models import Model
from typer import BadParameter

from infra.cloudformation import CloudFormation
from infra.errors import CommandFailed
from infra.local.deploy import LOCAL_PARAMETERS
from infra.options import port_number
from infra.parameters import check_together, detection_models, installed_models, parameters_of_template, read_parameters
from infra.template import load


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("Foo", "NAME=VALUE, not 'Foo'"),
        ("Foo=bar", "no parameter 'Foo'"),
        ("Quality=best", "one of fast, balanced, thorough"),
        ("JobKeptDays=x", "JobKeptDays cannot be 'x'; it must be a whole number from 1 to 365"),
        ("JobKeptDays=366", "a whole number from 1 to 365"),
        ("PostsPerSecond=-1", "a whole number from 0 upwards"),
        ("DetectorTimeout=45", "one of 10, 30, 60, 120, 300"),
        ("LogRetentionDays=10", "one of 1, 3, 5, 7, 14"),
        ("AlarmEmail=me", "an e-mail address, or empty"),
        ("LocalEndpoint=localhost:4566", "an address like http://localhost:4566"),
        ("HttpDomain=https://faces.example.org", "a domain name like faces.example.org"),
        ("CertificateArn=mine", "the ARN of a certificate"),
        ("Detector=best, yunet", "`best`, or one or more networks"),
    ],
)
def test_an_invalid_parameter_is_refused(pair: str, words: str) -> None:
    with pytest.raises(CommandFailed, match=words):
        read_parameters([pair])


CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/0b9f3a0e-6c1d-4f8e-9a57-2c1d5e3f7a10"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"DetectorReserved": "5", "DetectorConcurrency": "10"},
            "DetectorReserved=5 is less",
        ),
        ({"CorsOrigins": "example.org"}, "CorsOrigins cannot contain 'example.org'"),
        ({"CorsOrigins": "https://example.org/"}, "expected origins like https://example.org"),
        ({"CorsOrigins": "*,https://example.org"}, "or only *"),
        ({"HttpDomain": "faces.example.org"}, "Set CertificateArn"),
        ({"StreamDomain": "faces.example.org"}, "Set CertificateArn"),
        (
            {"HttpDomain": "a.example.org", "StreamDomain": "a.example.org", "CertificateArn": CERTIFICATE},
            "Set another StreamDomain",
        ),
        (
            {"LocalEndpoint": "http://localhost:4566", "GradualDeployment": "Canary10Percent15Minutes"},
            "work only on AWS",
        ),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(CommandFailed, match=re.escape(words)):
        check_together({**parameters_of_template(), **given})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"DetectorReserved": "10", "DetectorConcurrency": "10"},
        {"CorsOrigins": "https://example.org,http://localhost:4566"},
        {"HttpDomain": "faces.example.org", "CertificateArn": CERTIFICATE},
        {"HttpDomain": "a.example.org", "StreamDomain": "b.example.org", "CertificateArn": CERTIFICATE},
        {"GradualDeployment": "Canary10Percent15Minutes"},
        {"LocalEndpoint": "http://localhost:4566"},
    ],
)
def test_parameters_that_agree_are_accepted(given: dict[str, str]) -> None:
    check_together({**parameters_of_template(), **given})


def test_given_parameters_are_read_and_others_have_the_templates_defaults() -> None:
    assert read_parameters(["Quality=fast", "JobKeptDays=2"]) == {"Quality": "fast", "JobKeptDays": "2"}
    assert parameters_of_template()["Quality"] == "balanced"


def test_a_missing_model_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Model, "path", property(lambda model: tmp_path / str(model.file_name)))
    with pytest.raises(CommandFailed, match="make model MODEL=yunet"):
        detection_models({"Detector": "yunet"}, installed_models())
    with pytest.raises(CommandFailed, match="make model MODEL=centerface"):
        detection_models({}, installed_models())
    (tmp_path / "centerface.onnx").touch()
    assert detection_models({}, installed_models()) == ("centerface",)


def test_only_the_models_of_the_chosen_detector_are_used() -> None:
    both = ("centerface", "yunet")
    assert detection_models({}, both) == both
    assert detection_models({"Detector": "yunet"}, both) == ("yunet",)
    assert detection_models({"Detector": "yunet+centerface"}, both) == both


def test_a_requested_network_must_be_installed() -> None:
    with pytest.raises(CommandFailed, match="make model MODEL=yunet"):
        detection_models({"Detector": "centerface+yunet"}, ["centerface"])
    with pytest.raises(CommandFailed, match="choose one of best, centerface, yunet"):
        detection_models({"Detector": "haar"}, ["centerface"])


@pytest.mark.parametrize("port", ["abc", "80000", "0", "-1", "", "\u0664"])
def test_an_invalid_port_is_refused(port: str) -> None:
    with pytest.raises(BadParameter, match="a port must be a number from 1 to 65535"):
        port_number(port)


def test_the_local_time_limit_is_the_same_as_on_aws() -> None:
    local = {**parameters_of_template(), **LOCAL_PARAMETERS}
    assert local["DetectorTimeout"] == parameters_of_template()["DetectorTimeout"] == "30"
    stack = CloudFormation(load(), {**local, "LocalEndpoint": "http://localhost:4566"})
    # If a message were redelivered earlier, the detector that received it first could still be running.
    assert 30 < stack.resources()["DetectQueue"]["Properties"]["VisibilityTimeout"] < 60
