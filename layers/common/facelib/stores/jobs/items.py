"""Jobs and tombstones as DynamoDB items."""

import json
from typing import Any, Final

from facelib.domain.face import Box, Face, FaceQuality, Landmarks, Point, Pose
from facelib.domain.job import ImageInfo, Job, Status, Tombstone
from facelib.stores.attributes import Item, Items, Stored, as_json, number, text

_POINTS: Final = tuple(Landmarks.model_fields)

# The status of an item whose job and objects are gone. Jobs never have it, so it is not a `Status`.
DELETED: Final = "deleted"


def to_item(job: Job) -> Item:
    """Return the attributes of a job, without fields that are None; DynamoDB deletes the item by `ttl`."""
    return {"ttl": number(int((job.kept_until or job.expires_at).timestamp())), **_JOBS.item(job)}


def from_item(item: Item) -> Job:
    """Return the job that an item contains; items from the stream and the indexes may lack the faces."""
    fields = _JOBS.values(item)
    if "faces" in fields:
        image = ImageInfo.model_validate(fields["image"])
        fields["faces"] = tuple(_face(row, image) for row in fields["faces"])
    return Job.model_validate(fields)


def is_deleted(item: Item) -> bool:
    """Return whether the job of this item is deleted or being deleted, or the item is missing."""
    return not item or item["status"]["S"] in (Status.DELETING, DELETED)


def tombstone_item(item: Item) -> Item:
    """Return the item that remains of a deleted job once its objects are gone."""
    names = ("job_id", "owner", "owner_shard", "event_id", "ttl")
    return {name: item[name] for name in names} | {"status": text(DELETED)}


def job_or_tombstone(item: Item) -> Job | Tombstone:
    """Return the job or tombstone of an item. Raises pydantic's ValidationError for a malformed item."""
    return _TOMBSTONES.model(item) if is_deleted(item) else from_item(item)


def _pack(faces: tuple[Face, ...]) -> str:
    return as_json([_numbers(face) for face in faces])


def _numbers(face: Face) -> list[float | None]:
    """Pack a face into 20 numbers (box, confidence, landmarks, pose, quality); field names would triple the size."""
    points = [getattr(face.landmarks, name) for name in _POINTS]
    box, pose, quality = face.box, face.pose, face.quality
    angles = [pose.roll, pose.yaw, pose.pitch] if pose else [None] * 3
    coordinates = [value for point in points for value in (point.x, point.y)]
    measures = [quality.brightness, quality.sharpness]
    return [box.x, box.y, box.width, box.height, face.confidence, *coordinates, *angles, *measures]


def _face(row: list[Any], image: ImageInfo) -> Face:
    x, y, width, height, confidence, *points = row[:15]
    roll, yaw, pitch, brightness, sharpness = row[15:]
    marks = {name: Point(x=points[2 * i], y=points[2 * i + 1]) for i, name in enumerate(_POINTS)}
    return Face.in_image(
        (image.width, image.height),
        box=Box(x=x, y=y, width=width, height=height),
        confidence=confidence,
        landmarks=Landmarks(**marks),
        pose=None if roll is None else Pose(roll=roll, yaw=yaw, pitch=pitch),
        quality=FaceQuality(brightness=brightness, sharpness=sharpness),
    )


# Faces are loaded as numbers, and `from_item` converts them, because `box_ratio` depends on the image.
_JOBS: Final = Items(Job, {tuple[Face, ...]: Stored(_pack, json.loads)})
_TOMBSTONES: Final = Items(Tombstone)
