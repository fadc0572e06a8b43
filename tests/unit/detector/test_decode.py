"""A picture is decoded to the same pixels, however it is stored."""

import io

import cv2
import numpy as np
import pytest
from face_detector.imaging.decode import decode
from face_detector.imaging.header import read_header
from face_detector.imaging.scale import scale_to, size_within
from PIL import Image

from tests.support.odd_images import png_16_bit
from tests.support.pictures import Picture, astronaut, encoded


def decoded(data: bytes, long_side: int | None = None) -> Picture:
    """Decode to RGB."""
    return np.asarray(decode(data, read_header(data), long_side)[..., ::-1], np.uint8)


def difference(one: Picture, other: Picture) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize(
    ("form", "mode", "most"),
    [
        ("JPEG", "RGB", 3),
        ("JPEG", "CMYK", 4),
        ("JPEG", "L", 3),
        ("PNG", "RGB", 0),
        ("PNG", "RGBA", 0),
        ("PNG", "L", 0),
        ("PNG", "LA", 0),
        ("WEBP", "RGB", 4),
        ("WEBP", "RGBA", 4),
        ("AVIF", "RGB", 4),
        ("AVIF", "RGBA", 4),
        ("HEIC", "RGB", 4),
        ("HEIC", "RGBA", 4),
    ],
)
def test_colours_are_kept(form: str, mode: str, most: float) -> None:
    image = Image.fromarray(astronaut()).convert(mode)
    truth = np.asarray(Image.fromarray(astronaut()).convert("L" if mode.startswith("L") else "RGB").convert("RGB"))
    assert difference(decoded(encoded(image, form)), np.asarray(truth, np.uint8)) <= most


@pytest.mark.parametrize("alpha", [False, True])
def test_16_bits_are_reduced_to_8(*, alpha: bool) -> None:
    assert difference(decoded(png_16_bit(alpha=alpha)), astronaut()) <= 0.5


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "AVIF", "HEIC"])
def test_transparent_areas_become_white(form: str) -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 64))
    pixels = decoded(encoded(image, form, **({"lossless": True} if form == "WEBP" else {})))
    assert pixels[32, 8].min() >= 250
    assert difference(pixels[8:56, 40:56], np.full((48, 16, 3), (255, 0, 0), np.uint8)) <= 5


def test_partly_transparent_pixels_are_blended_with_white() -> None:
    assert decoded(encoded(Image.new("RGBA", (8, 8), (0, 100, 200, 51)), "PNG"))[4, 4].tolist() == [204, 224, 244]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "AVIF", "PNG"])
def test_the_first_frame_of_an_animation_is_used(form: str) -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    target = io.BytesIO()
    frames[0].save(target, form, save_all=True, append_images=frames[1:], duration=100)
    assert difference(decoded(target.getvalue()), np.full((48, 64, 3), (250, 0, 0), np.uint8)) <= 5


@pytest.mark.parametrize(("long_side", "width"), [(None, 1000), (501, 1000), (500, 500), (250, 250), (1, 125)])
def test_a_jpeg_is_decoded_no_larger_than_needed(long_side: int | None, width: int) -> None:
    picture = np.asarray(cv2.resize(astronaut(), (1000, 600)), np.uint8)
    assert decoded(encoded(picture), long_side).shape == (width * 600 // 1000, width, 3)


@pytest.mark.parametrize("size", [(4000, 3000), (999, 501), (640, 480), (100, 30), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("long_side", [1, 320, 1024])
def test_scaling_keeps_the_proportions(size: tuple[int, int], long_side: int) -> None:
    pixels = scale_to(np.zeros((size[1], size[0], 3), np.uint8), long_side)
    assert (pixels.shape[1], pixels.shape[0]) == size_within(*size, long_side)
