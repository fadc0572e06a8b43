"""Originals and results in S3."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from facelib.domain import limits, object_keys
from facelib.domain.errors import ObjectMissing, ObjectsNotDeleted, StoreContended
from facelib.domain.formats import check_file_size
from facelib.domain.job import ImageFormat
from facelib.domain.renders import Render
from facelib.messages.job_view import JobView
from facelib.stores.backoff import attempts
from facelib.stores.clients import code_of, missing_object, s3

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef


@dataclass(frozen=True)
class PresignedPost:
    """The address and fields of a presigned POST."""

    url: str
    fields: dict[str, str]


# Another conditional write to the same key was in progress; S3 requests another attempt.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_CONFLICT: Final = "ConditionalRequestConflict"
_PUT_ATTEMPTS: Final = 5

# The detector reads the format from the bytes.
_ANY_IMAGE: Final = "image/*"
MEDIA_TYPES: Final = {image_format: f"image/{image_format}" for image_format in ImageFormat}


@dataclass(frozen=True)
class Original:
    """An uploaded file; its ETag distinguishes uploads under the same key."""

    data: bytes
    etag: str


class ImageStore:
    def __init__(self, originals: str, results: str) -> None:
        self._originals = originals
        self._results = results

    def add_original(self, job_id: str, data: bytes, media_type: str) -> None:
        """Store an original unless the job has one. Raises StoreContended if another write takes too long."""
        for _ in attempts(_PUT_ATTEMPTS):
            try:
                s3().put_object(
                    Bucket=self._originals,
                    Key=object_keys.original(job_id),
                    Body=data,
                    ContentType=media_type,
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) == _CONFLICT:
                    continue
                if code_of(error) != "PreconditionFailed":
                    raise
            return
        raise StoreContended

    def upload_form(self, job_id: str, media_type: str | None) -> PresignedPost:
        """Return a presigned POST for this original, with its exact key, a size limit, and the media type if given.

        The fields can be posted unchanged. Without a media type, the sender may use another `image/` type.
        """
        content_type = {"Content-Type": media_type or _ANY_IMAGE}
        form = s3().generate_presigned_post(
            self._originals,
            object_keys.original(job_id),
            Fields=dict(content_type),
            Conditions=[
                ["content-length-range", 1, limits.PRESIGNED_UPLOAD_BYTES],
                {"key": object_keys.original(job_id)},
                content_type if media_type else ["starts-with", "$Content-Type", "image/"],
            ],
            ExpiresIn=limits.PRESIGNED_UPLOAD_SECONDS,
        )
        return PresignedPost(form["url"], form["fields"])

    def original(self, job_id: str) -> Original:
        """Read the original of a job. Raises ObjectMissing, and ImageRejected if it is too large."""
        return self.original_at(object_keys.original(job_id))

    def original_at(self, key: str) -> Original:
        """Read any object in the originals bucket. Raises ObjectMissing, and ImageRejected if it is too large."""
        with missing_object():
            s3_object = s3().get_object(Bucket=self._originals, Key=key)
        # S3 enforces the limit only for presigned uploads; anyone with access to the account can upload larger objects.
        check_file_size(s3_object["ContentLength"])
        return Original(s3_object["Body"].read(), s3_object["ETag"].strip('"'))

    def created_event(self, job_id: str, retry: int | None = None) -> str:
        """Return the event that S3 sends for this original, with the retry's number if the event starts a retry."""
        s3_entity = {"bucket": {"name": self._originals}, "object": {"key": object_keys.original(job_id)}}
        record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3_entity, "retry": retry}
        return json.dumps({"Records": [record]})

    def add_result(self, job_id: str, render: Render, data: bytes) -> None:
        s3().put_object(
            Bucket=self._results,
            Key=object_keys.result(job_id, render),
            Body=data,
            ContentType=render.media_type,
        )

    def add_faces_json(self, view: JobView) -> None:
        s3().put_object(
            Bucket=self._results,
            Key=object_keys.faces_json(view.job_id),
            Body=view.model_dump_json().encode(),
            ContentType="application/json",
        )

    def result_url(self, job_id: str, render: Render, seconds: int) -> str:
        """Return a presigned GET that expires after `seconds`."""
        return s3().generate_presigned_url(
            "get_object",
            Params={"Bucket": self._results, "Key": object_keys.result(job_id, render)},
            ExpiresIn=seconds,
        )

    def delete_results(self, job_id: str) -> None:
        """Delete every result in one request. Raises ObjectsNotDeleted."""
        objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in object_keys.all_results(job_id)]
        response = s3().delete_objects(Bucket=self._results, Delete={"Objects": objects, "Quiet": True})
        if errors := response.get("Errors"):
            raise ObjectsNotDeleted(errors[0].get("Message", errors[0].get("Code")))

    def delete_replaced_original(self, job_id: str, etag: str) -> None:
        """Delete an original unless it is the upload with this ETag; events of uploads arrive in any order."""
        with suppress(ObjectMissing), missing_object():
            current = s3().head_object(Bucket=self._originals, Key=object_keys.original(job_id))["ETag"].strip('"')
            if current != etag:
                self.delete_original(job_id)

    def delete_original(self, job_id: str) -> None:
        s3().delete_object(Bucket=self._originals, Key=object_keys.original(job_id))

    def delete(self, job_id: str) -> None:
        """Delete the original and every result; a missing object is not an error."""
        self.delete_original(job_id)
        self.delete_results(job_id)

    def count(self, job_id: str) -> int:
        """Return the number of a job's objects in the buckets (strongly consistent)."""
        places = (self._originals, object_keys.original(job_id)), (self._results, object_keys.results(job_id))
        return sum(s3().list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] for bucket, prefix in places)
