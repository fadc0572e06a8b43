"""Corrections in requests and responses."""

from facelib.domain.corrections import Corrections
from facelib.domain.errors import CorrectionsInvalid, FaceNotFound
from facelib.domain.job import Job


def etag_of(job: Job) -> str:
    """Return the version of a job's corrections."""
    return (job.corrections or Corrections()).etag


def check_in_photo(corrections: Corrections, job: Job) -> None:
    """Raise CorrectionsInvalid for a face that the job does not have, and for a rectangle outside the photo."""
    count = len(job.faces or ())
    for number in corrections.show:
        if number >= count:
            raise CorrectionsInvalid(f"show: there is no face {number}. {FaceNotFound(count)}")
    image = job.image
    if image and any(box.x >= image.width or box.y >= image.height for box in corrections.hide):
        raise CorrectionsInvalid(
            f"hide: a rectangle is outside the photo, whose size is {image.width} x {image.height} pixels."
        )
