"""Names that the service accepts and returns, generated from its schemas by `make schemas`."""

from __future__ import annotations

from enum import StrEnum


class Access(StrEnum):
    KEYS = "keys"
    OPEN = "open"


class CropAspect(StrEnum):
    FREE = "free"
    FIELD_1_1 = "1:1"
    FIELD_4_5 = "4:5"
    FIELD_16_9 = "16:9"


class CropFaces(StrEnum):
    ALL = "all"
    LARGEST = "largest"


class FailureReason(StrEnum):
    EMPTY_FILE = "empty_file"
    UNSUPPORTED_FORMAT = "unsupported_format"
    CORRUPT_IMAGE = "corrupt_image"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    INVALID_NAME = "invalid_name"
    INVALID_OPTIONS = "invalid_options"
    ORIGINAL_MISSING = "original_missing"
    INTERNAL_ERROR = "internal_error"


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"
    HEIC = "heic"


class Quality(StrEnum):
    FAST = "fast"
    BALANCED = "balanced"
    THOROUGH = "thorough"


class Render(StrEnum):
    BOXES = "boxes"
    BLUR = "blur"
    PIXELATE = "pixelate"
    SOLID = "solid"
    PLAIN = "plain"
    CROP = "crop"
    PREVIEW = "preview"
    NONE = "none"


class ResultType(StrEnum):
    IMAGE_JPEG = "image/jpeg"
    IMAGE_WEBP = "image/webp"


class Scope(StrEnum):
    SEND = "send"
    READ = "read"
    MANAGE = "manage"


class Size(StrEnum):
    FIT = "fit"
    ORIGINAL = "original"


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DELETING = "deleting"


class RetryableReason(StrEnum):
    INTERNAL_ERROR = "internal_error"
    ORIGINAL_MISSING = "original_missing"
