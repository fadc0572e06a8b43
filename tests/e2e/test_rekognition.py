"""Uses this service with boto3's client for Amazon Rekognition."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from facelib.domain import limits

from tests.support.photos import NO_FACE, jpeg, one_face, padded, three_faces
from tests.support.pictures import FACE
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


@pytest.fixture
def rekognition(stack: Stack) -> Any:
    return boto3.client(
        "rekognition", endpoint_url=f"{stack.http_url}/rekognition", config=Config(retries={"total_max_attempts": 1})
    )


def test_the_face_in_bytes_has_a_box_and_landmarks(rekognition: Any) -> None:
    response = rekognition.detect_faces(Image={"Bytes": one_face()}, Attributes=["DEFAULT"])
    [face] = response["FaceDetails"]
    box = face["BoundingBox"]
    assert box["Left"] * 512 == pytest.approx(FACE.x, abs=12)
    assert box["Height"] * 512 == pytest.approx(FACE.height, abs=16)
    assert 50 < face["Confidence"] <= 100
    marks = {mark["Type"]: mark for mark in face["Landmarks"]}
    assert set(marks) == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert marks["eyeLeft"]["X"] < marks["nose"]["X"] < marks["eyeRight"]["X"]
    assert marks["eyeLeft"]["Y"] < marks["nose"]["Y"] < marks["mouthLeft"]["Y"]


def test_no_face_and_several_faces_are_counted(rekognition: Any) -> None:
    assert rekognition.detect_faces(Image={"Bytes": jpeg(NO_FACE)})["FaceDetails"] == []
    assert len(rekognition.detect_faces(Image={"Bytes": three_faces()})["FaceDetails"]) == 3


def test_only_objects_of_jobs_in_the_originals_bucket_are_accepted(stack: Stack, rekognition: Any) -> None:
    bucket, job_id = stack.outputs["OriginalsBucketName"], stack.post_image(one_face())
    original = {"Bucket": bucket, "Name": f"originals/{job_id}"}
    assert len(rekognition.detect_faces(Image={"S3Object": original})["FaceDetails"]) == 1
    stack.aws.client("s3").put_object(Bucket=bucket, Key="private/photo.jpg", Body=one_face())
    other_bucket = stack.outputs["ResultsBucketName"]
    for wrong in ({**original, "Name": "private/photo.jpg"}, {**original, "Bucket": other_bucket}):
        with pytest.raises(rekognition.exceptions.InvalidS3ObjectException):
            rekognition.detect_faces(Image={"S3Object": wrong})


def test_the_largest_image_is_accepted_and_a_larger_one_refused(rekognition: Any) -> None:
    data = padded(one_face(), limits.REKOGNITION_BYTES)
    assert len(rekognition.detect_faces(Image={"Bytes": data})["FaceDetails"]) == 1
    with pytest.raises(rekognition.exceptions.ImageTooLargeException, match="3,300,001"):
        rekognition.detect_faces(Image={"Bytes": data + b"\0"})


def test_errors_are_exceptions_of_the_client(rekognition: Any) -> None:
    with pytest.raises(rekognition.exceptions.InvalidImageFormatException, match="text"):
        rekognition.detect_faces(Image={"Bytes": b"Dear Sir or Madam"})
    with pytest.raises(rekognition.exceptions.InvalidImageFormatException):
        rekognition.detect_faces(Image={"Bytes": one_face()[:9_000]})
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="S3Object"):
        rekognition.detect_faces(Image={})
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="DEFAULT"):
        rekognition.detect_faces(Image={"Bytes": one_face()}, Attributes=["SMILE"])
    with pytest.raises(rekognition.exceptions.ClientError, match="only the operation DetectFaces"):
        rekognition.list_collections()
