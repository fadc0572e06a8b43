"""A detected face."""

from typing import Self

from pydantic import Field

from facelib.domain.frozen import Frozen


class Point(Frozen):
    x: float
    y: float


class Box(Frozen):
    """A rectangle in pixels of the upright image, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


class BoxRatio(Frozen):
    """The same box as fractions (0 to 1) of the image's width and height."""

    left: float
    top: float
    width: float
    height: float


class Landmarks(Frozen):
    """Points in pixels of the upright image. Left and right refer to the image, not to the person."""

    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point


class Pose(Frozen):
    """The rotation of a head in degrees; all angles are 0 if it faces the camera."""

    roll: float = Field(description="Positive if the head is tilted clockwise in the image.")
    yaw: float = Field(description="Positive if the face is turned to the right of the image.")
    pitch: float = Field(description="Positive if the face is turned upwards.")


class FaceQuality(Frozen):
    """Image quality of a face."""

    brightness: float = Field(ge=0, le=100, description="0 is black, 100 is white.")
    sharpness: float = Field(ge=0, le=100, description="0 is a flat area; a portrait in focus has 50 or more.")


class Face(Frozen):
    box: Box
    box_ratio: BoxRatio
    confidence: float = Field(ge=0, le=1)
    landmarks: Landmarks
    pose: Pose | None = Field(description="Null if the landmarks do not fit a head.")
    quality: FaceQuality

    @classmethod
    def in_image(  # noqa: PLR0913 - the parts of a face
        cls,
        image_size: tuple[int, int],
        *,
        box: Box,
        confidence: float,
        landmarks: Landmarks,
        pose: Pose | None,
        quality: FaceQuality,
    ) -> Self:
        """Return a face whose `box_ratio` is computed from the size (width, height) of the upright image."""
        width, height = image_size
        ratio = BoxRatio(
            left=round(box.x / width, 6),
            top=round(box.y / height, 6),
            width=round(box.width / width, 6),
            height=round(box.height / height, 6),
        )
        return cls(box=box, box_ratio=ratio, confidence=confidence, landmarks=landmarks, pose=pose, quality=quality)
