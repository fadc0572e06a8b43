"""Originals and results in S3."""

import json
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from facelib import keys, limits
from facelib.errors import ImageRejected, ObjectMissing
from facelib.job import FailureReason, ImageFormat, Render
from facelib.stores.clients import code_of, s3


@dataclass(frozen=True)
class UploadForm:
    """Where and with which fields a browser or client posts a file."""

    url: str
    fields: dict[str, str]


MEDIA_TYPES: Final = {image_format: f"image/{image_format}" for image_format in ImageFormat}


@dataclass(frozen=True)
class Original:
    """The bytes that were uploaded; S3's ETag tells one upload from another under the same key."""

    data: bytes
    etag: str


class ImageStore:
    def __init__(self, originals: str, results: str) -> None:
        self._originals = originals
        self._results = results

    def add_original(self, job_id: str, data: bytes, media_type: str) -> None:
        """Store an original once; a second try with the same job changes nothing."""
        try:
            s3().put_object(
                Bucket=self._originals,
                Key=keys.original(job_id),
                Body=data,
                ContentType=media_type,
                IfNoneMatch="*",
            )
        except ClientError as error:
            if code_of(error) != "PreconditionFailed":
                raise

    def upload_form(self, job_id: str, media_type: str | None) -> UploadForm:
        """A presigned POST for this one original: exact key, size limit, and the type where it is given."""
        kind = {"Content-Type": media_type} if media_type else {}
        form = s3().generate_presigned_post(
            self._originals,
            keys.original(job_id),
            Fields=dict(kind),
            Conditions=[
                ["content-length-range", 1, limits.PRESIGNED_UPLOAD_BYTES],
                {"key": keys.original(job_id)},
                *([kind] if kind else [["starts-with", "$Content-Type", "image/"]]),
            ],
            ExpiresIn=limits.PRESIGNED_UPLOAD_SECONDS,
        )
        return UploadForm(form["url"], form["fields"])

    def original(self, job_id: str) -> Original:
        """Raises ObjectMissing and ImageRejected."""
        return self.original_at(keys.original(job_id))

    def original_at(self, key: str) -> Original:
        """Read what stands under any key of the bucket. Raises ObjectMissing, and ImageRejected if it is too large."""
        try:
            s3_object = s3().get_object(Bucket=self._originals, Key=key)
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                raise ObjectMissing from None
            raise
        # S3 holds a form's uploads to the limit; whoever has the account can put anything there.
        if s3_object["ContentLength"] > limits.PRESIGNED_UPLOAD_BYTES:
            raise ImageRejected(
                FailureReason.TOO_LARGE,
                f"The file has {s3_object['ContentLength']:,} bytes; {limits.PRESIGNED_UPLOAD_BYTES:,} are allowed.",
            )
        return Original(s3_object["Body"].read(), s3_object["ETag"].strip('"'))

    def created_event(self, job_id: str) -> str:
        """What S3 says to the queue when this original arrives; sent by hand, it starts a retry."""
        s3_part = {"bucket": {"name": self._originals}, "object": {"key": keys.original(job_id)}}
        record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3_part}
        return json.dumps({"Records": [record]})

    def add_result(self, job_id: str, render: Render, jpeg: bytes) -> None:
        s3().put_object(
            Bucket=self._results, Key=keys.result(job_id, render), Body=jpeg, ContentType=MEDIA_TYPES[ImageFormat.JPEG]
        )

    def result_url(self, job_id: str, render: Render, seconds: int) -> str:
        """A presigned GET that is good for so long."""
        return s3().generate_presigned_url(
            "get_object",
            Params={"Bucket": self._results, "Key": keys.result(job_id, render)},
            ExpiresIn=seconds,
        )

    def delete_results(self, job_id: str) -> None:
        for render in Render:
            s3().delete_object(Bucket=self._results, Key=keys.result(job_id, render))

    def delete_original(self, job_id: str) -> None:
        s3().delete_object(Bucket=self._originals, Key=keys.original(job_id))

    def delete(self, job_id: str) -> None:
        """Remove the original and every result; what is not there is no error."""
        self.delete_original(job_id)
        self.delete_results(job_id)
