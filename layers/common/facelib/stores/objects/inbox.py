"""The drop folder: objects in the originals bucket that are not originals yet."""

from collections.abc import Mapping
from contextlib import suppress

from botocore.exceptions import ClientError

from facelib.domain import object_keys
from facelib.domain.errors import ObjectMissing
from facelib.stores.clients import code_of, missing_object, s3


class Inbox:
    """Reads and moves the objects that S3's events report. An object that has since been replaced counts as missing."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def metadata(self, key: str, etag: str) -> Mapping[str, str]:
        """Return the user metadata, with names in lower case. Raises ObjectMissing."""
        with missing_object():
            return s3().head_object(Bucket=self._bucket, Key=key, IfMatch=_quoted(etag))["Metadata"]

    def copy_to_original(self, key: str, etag: str, job_id: str) -> None:
        """Copy the bytes, without metadata or tags, to the key of a job's original. Raises ObjectMissing."""
        with missing_object():
            s3().copy_object(
                Bucket=self._bucket,
                Key=object_keys.original(job_id),
                CopySource={"Bucket": self._bucket, "Key": key},
                CopySourceIfMatch=_quoted(etag),
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
            )

    def has_original(self, job_id: str) -> bool:
        with suppress(ObjectMissing), missing_object():
            s3().head_object(Bucket=self._bucket, Key=object_keys.original(job_id))
            return True
        return False

    def remove(self, key: str, etag: str) -> None:
        """Remove the object, unless another one has replaced it."""
        with suppress(ObjectMissing), missing_object():
            try:
                s3().delete_object(Bucket=self._bucket, Key=key, IfMatch=_quoted(etag))
            except ClientError as error:
                # LocalStack does not support conditional deletes. Without the condition, a file that is uploaded
                # between these two calls is lost; but if we raised this error, no file would ever leave the inbox.
                if code_of(error) != "NotImplemented":
                    raise
                s3().head_object(Bucket=self._bucket, Key=key, IfMatch=_quoted(etag))
                s3().delete_object(Bucket=self._bucket, Key=key)


def _quoted(etag: str) -> str:
    """Return an ETag with quotes, as in HTTP; events contain it without quotes."""
    return f'"{etag}"'
