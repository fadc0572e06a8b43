"""Decodes files with Pillow and OpenCV, for comparison with the service."""

import io
from contextlib import suppress

import cv2
import numpy as np
import pillow_heif
from face_detector.imaging.pixels import Pixels, as_pixels
from PIL import Image, ImageCms, ImageOps


def opened(data: bytes) -> Image.Image:
    pillow_heif.register_heif_opener(thumbnails=False)
    return Image.open(io.BytesIO(data))


def with_pillow(data: bytes) -> Pixels | None:
    """Decode with Pillow and its ImageCms to upright BGR pixels in sRGB; None if Pillow cannot decode the file."""
    with suppress(Exception), opened(data) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        opaque = _over_white(_converted(_of_8_bits(upright)))
        return as_pixels(np.ascontiguousarray(np.asarray(opaque)[..., ::-1]))
    return None


def _of_8_bits(image: Image.Image) -> Image.Image:
    if image.mode == "P":
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    if not image.mode.startswith("I"):
        return image
    levels = np.asarray(image).astype(np.uint32)
    grey = Image.fromarray((levels >> np.uint32(8)).astype(np.uint8))
    if "transparency" in image.info:
        grey.putalpha(Image.fromarray(np.where(levels == image.info["transparency"], 0, 255).astype(np.uint8)))
    if "icc_profile" in image.info:
        grey.info["icc_profile"] = image.info["icc_profile"]
    return grey


def _converted(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    plain = image.convert(image.mode.removesuffix("A")) if alpha else image
    with suppress(ImageCms.PyCMSError, OSError):
        plain = _in_srgb(plain, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    plain = plain.convert("RGB")
    if alpha:
        plain.putalpha(alpha)
    return plain


def _in_srgb(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
    converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), intent, "RGB", flags=flags)
    return converted or image


def _over_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    over = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")


def with_opencv(data: bytes) -> Pixels | None:
    """Decode with OpenCV to BGR pixels in the stored orientation; None if OpenCV cannot decode the file."""
    with suppress(cv2.error):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is not None and pixels.dtype == np.uint16:
            # The highest level of a PNG is 65,535. That of an AVIF is 1,023 or more, and only OpenCV knows which.
            is_png = data.startswith(b"\x89PNG")
            pixels = cv2.convertScaleAbs(pixels, alpha=1 / 257) if is_png else _in_8_bits(data)
        return None if pixels is None else _opaque(as_pixels(pixels))
    return None


def _in_8_bits(data: bytes) -> cv2.typing.MatLike | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)


def _opaque(pixels: Pixels) -> Pixels:
    if pixels.ndim == 2:
        return as_pixels(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:] / 255
    return as_pixels(np.round(pixels[..., :3] * alpha + 255 * (1 - alpha)))
