"""Jobs as DynamoDB items: one attribute per field; JSON for fields that no expression uses."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel

from facelib.face import Box, Face, FaceQuality, Landmarks, Point, Pose
from facelib.job import ImageInfo, Job, Status, Tombstone

Item = dict[str, Any]  # attribute name → {"S": text} or {"N": digits}, as in the DynamoDB API

_JSON_FIELDS: Final = ("options", "image", "detector", "timings_ms", "failure")
_POINTS: Final = tuple(Landmarks.model_fields)

# The status of an item whose job and objects are gone. No job has it, so it is not one of `Status`.
DELETED: Final = "deleted"


def text(value: str) -> Item:
    return {"S": value}


def number(value: float) -> Item:
    return {"N": str(value)}


def utc_now() -> datetime:
    return datetime.now(UTC)


def time_text(at: datetime) -> str:
    """Return RFC 3339 in UTC, always with microseconds, so that it sorts as text."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_item(job: Job) -> Item:
    """Return the attributes of a job without fields that are None; DynamoDB deletes by `ttl`."""
    item: Item = {"ttl": number(int((job.kept_until or job.expires_at).timestamp()))}
    for name in Job.model_fields:
        value = getattr(job, name)
        if value is not None:
            item[name] = _attribute(name, value)
    return item


def _attribute(name: str, value: object) -> Item:
    if name == "faces":
        assert isinstance(value, tuple)
        return text(json.dumps([_numbers(face) for face in value], separators=(",", ":")))
    if name == "renders":
        assert isinstance(value, tuple)
        return {"SS": list(value)}
    if name == "face_count":
        assert isinstance(value, int)
        return number(value)
    if isinstance(value, datetime):
        return text(time_text(value))
    if isinstance(value, BaseModel):
        return text(value.model_dump_json())
    return text(json.dumps(value) if isinstance(value, Mapping) else str(value))


def from_item(item: Item) -> Job:
    """Return the job of an item; items of the stream and the indexes may lack the faces."""
    fields: dict[str, Any] = {name: next(iter(item[name].values())) for name in Job.model_fields if name in item}
    for name in _JSON_FIELDS:
        if name in fields:
            fields[name] = json.loads(fields[name])
    if "faces" in fields:
        image = ImageInfo.model_validate(fields["image"])
        fields["faces"] = tuple(_face(row, image) for row in json.loads(fields["faces"]))
    return Job.model_validate(fields)


def is_deleted(item: Item) -> bool:
    """Return whether the job of this item is deleted or in deletion; so is one that has no item."""
    return not item or item["status"]["S"] in (Status.DELETING, DELETED)


def tombstone_item(item: Item) -> Item:
    """Return what remains of a job in deletion once its objects are gone."""
    names = ("job_id", "owner", "owner_shard", "event_id", "ttl")
    return {name: item[name] for name in names} | {"status": text(DELETED)}


def job_or_tombstone(item: Item) -> Job | Tombstone:
    """Return what an item represents. Raises pydantic's ValidationError for a malformed one."""
    if not is_deleted(item):
        return from_item(item)
    return Tombstone.model_validate({name: item.get(name, {}).get("S") for name in Tombstone.model_fields})


def _numbers(face: Face) -> list[float | None]:
    """Pack a face into 20 numbers, a third of its size with names: box, confidence, landmarks, pose, quality."""
    points = [getattr(face.landmarks, name) for name in _POINTS]
    box, pose, quality = face.box, face.pose, face.quality
    angles = [pose.roll, pose.yaw, pose.pitch] if pose else [None] * 3
    coordinates = [value for point in points for value in (point.x, point.y)]
    measures = [quality.brightness, quality.sharpness]
    return [box.x, box.y, box.width, box.height, face.confidence, *coordinates, *angles, *measures]


def _face(row: list[float], image: ImageInfo) -> Face:
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
