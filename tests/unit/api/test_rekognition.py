"""DetectFaces in process, with a detector whose replies are scripted."""

import base64
from typing import Any

import pytest
from face_api import dependencies
from facelib.domain import limits
from facelib.domain.errors import DetectorBusy
from facelib.domain.job import Failure, FailureReason, ImageFormat, ImageInfo
from facelib.messages.detector_requests import DetectReply, DetectRequest
from facelib.stores.access.usage import UsageStore

from tests.support.account import Cloud
from tests.support.api import Api
from tests.support.job_store import JobStore
from tests.support.jobs import face, new_job

IMAGE = ImageInfo(width=640, height=480, format=ImageFormat.JPEG, bytes=9)
BYTES = {"Bytes": base64.b64encode(b"any image").decode()}


class Detector:
    def __init__(self) -> None:
        self.reply = DetectReply(image=IMAGE, faces=(face(),))
        self.requests: list[DetectRequest] = []

    def detect(self, request: DetectRequest) -> DetectReply:
        self.requests.append(request)
        return self.reply


@pytest.fixture
def detector(api: Api) -> Detector:
    detector = Detector()
    api.app.dependency_overrides[dependencies.detector] = lambda: detector
    return detector


def detect_faces(api: Api, operation: str = "DetectFaces", **body: Any) -> tuple[int, dict[str, Any]]:
    response = api.post("/rekognition/", json=body, headers={"X-Amz-Target": f"RekognitionService.{operation}"})
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    return response.status_code, response.json()


def test_faces_are_detected_in_the_bytes_of_an_image(api: Api, detector: Detector) -> None:
    status, body = detect_faces(api, Image=BYTES, Attributes=["ALL"])
    assert status == 200
    [detail] = body["FaceDetails"]
    assert detail["Confidence"] == pytest.approx(90)
    assert detail["BoundingBox"]["Left"] == pytest.approx(5.25 / 640, abs=1e-6)
    assert [mark["Type"] for mark in detail["Landmarks"]] == ["eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"]
    assert set(detail["Pose"]) == {"Roll", "Yaw", "Pitch"}
    assert detector.requests == [DetectRequest(image=b"any image")]


def test_faces_are_detected_in_the_original_of_a_job(api: Api, account: Cloud, detector: Detector) -> None:
    job_id = JobStore(account.jobs_table).add(new_job()).job_id
    original = {"Bucket": account.originals_bucket, "Name": f"originals/{job_id}"}
    assert detect_faces(api, Image={"S3Object": original})[0] == 200
    assert detector.requests == [DetectRequest(key=f"originals/{job_id}")]


@pytest.mark.parametrize(
    ("operation", "body", "exception"),
    [
        ("ListCollections", {}, "UnknownOperationException"),
        ("DetectFaces", {}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {"Bytes": "a"}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": BYTES, "Attributes": ["SMILE"]}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {**BYTES, "S3Object": {"Bucket": "b", "Name": "n"}}}, "InvalidParameterException"),
        ("DetectFaces", {"Image": {"S3Object": {"Bucket": "b", "Name": "n"}}}, "InvalidS3ObjectException"),
        (
            "DetectFaces",
            {"Image": {"Bytes": base64.b64encode(b"\0" * (limits.REKOGNITION_BYTES + 1)).decode()}},
            "ImageTooLargeException",
        ),
    ],
)
def test_invalid_requests_are_refused(
    api: Api, detector: Detector, operation: str, body: dict[str, Any], exception: str
) -> None:
    status, reply = detect_faces(api, operation, **body)
    assert (status, reply["__type"]) == (400, exception)
    assert detector.requests == []


@pytest.mark.parametrize("reason", FailureReason)
def test_every_failure_has_an_exception_that_clients_know(api: Api, detector: Detector, reason: FailureReason) -> None:
    detector.reply = DetectReply(failure=Failure(reason=reason, detail="why"))
    status, reply = detect_faces(api, Image=BYTES)
    assert (status, reply["Message"]) == (400, "why")
    assert reply["__type"].endswith("Exception") or reason is FailureReason.INTERNAL_ERROR


def test_a_call_to_a_busy_detector_is_retryable_and_not_counted(
    api: Api, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[str] = []

    def busy(_: DetectRequest) -> DetectReply:
        raise DetectorBusy

    monkeypatch.setattr(detector, "detect", busy)
    monkeypatch.setattr(UsageStore, "give_back", lambda _, owner, day: given_back.append(owner))
    status, reply = detect_faces(api, Image=BYTES)
    assert (status, reply["__type"]) == (400, "ThrottlingException")
    assert "Try again in 5 seconds" in reply["Message"]
    assert given_back == ["public"]
