"""Pictures among uploaded files: found by decoding them, never by what they are called. Pure.

Only what is found here is ever shown in a page; everything else is a file to be saved.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps

from chat.traces import count_parts, scans, without_traces

KINDS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
BEGINNING = re.compile(rb"\xff\xd8|\x89PNG|GIF8|RIFF....WEBP", re.DOTALL)
# A bomb of a few kilobytes decodes into gigabytes: what is larger is no picture to us.
PIXELS = 25_000_000
# These can be decoded smaller, in a fraction of the memory.
JPEG_PIXELS = 120_000_000
# Takes four times the memory of the others, and nothing else goes on in the process meanwhile.
WEBP_PIXELS = 12_500_000
EDGE = 20_000
# Each goes over the whole picture, and forty bytes make one; photographs have about ten.
JPEG_SCANS = 64
THUMBNAIL_EDGE = 720
THUMBNAIL_QUALITY = 82
# Sharp on every screen in every place where people are shown, and some five kilobytes.
PORTRAIT_EDGE = 160
PORTRAIT_QUALITY = 84
# What the ways of holding a camera mean: these four lie on their side.
ORIENTATION = 0x0112
SIDEWAYS = {5, 6, 7, 8}

# Decoding takes up to 100 MB: not in all threads at once.
decoding = threading.BoundedSemaphore(2)


class Picture(NamedTuple):
    """As it is looked at; `orientation` is how the camera was held, in Exif's numbers."""

    content_type: str
    width: int
    height: int
    orientation: int


def look_at(path: Path, thumbnail: Path) -> Picture | None:
    """The picture in a file, and a small one of it beside; None where there is none to show.

    The small one is drawn anew, and the file itself loses what tells of its place and camera.
    Raises OSError where the disk takes no more.
    """
    with decoding:
        try:
            with opened(path) as image:
                picture = examine(image, thumbnail)
            clean = without_traces(path.read_bytes(), picture.orientation)
        except Exception:
            # Whatever a decoder stumbles over, and there is much: it is not a picture to us.
            thumbnail.unlink(missing_ok=True)
            return None
        path.write_bytes(clean)
        return picture


def draw_portrait(path: Path, portrait: Path) -> bool:
    """The picture in a file as a small square, drawn anew; False where there is none to show.

    Raises OSError where the disk takes no more.
    """
    with decoding:
        try:
            with opened(path) as image:
                square = small_square(image)
        except Exception:
            return False
    square.save(portrait, "WEBP", quality=PORTRAIT_QUALITY)
    return True


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Not decoded yet. Raises ValueError, and whatever a decoder may, where none is to be shown."""
    if not begins_picture(path):
        raise ValueError("no picture")
    count_parts(path.read_bytes())
    with Image.open(path, formats=list(KINDS)) as image:
        if not is_modest(image, path):
            raise ValueError("too much to decode")
        yield image


def begins_picture(path: Path) -> bool:
    """Whether it may be one: nothing else is read as a whole."""
    with path.open("rb") as file:
        return BEGINNING.match(file.read(12)) is not None


def kind_of(image: Image.Image) -> str:
    # Phones put a second picture, such as one of the depth, behind a photograph.
    return "JPEG" if image.format == "MPO" else image.format or ""


def is_modest(image: Image.Image, path: Path) -> bool:
    """Whether decoding it takes what a picture may."""
    most = WEBP_PIXELS if image.format == "WEBP" else PIXELS
    if kind_of(image) == "JPEG":
        found = scans(path.read_bytes())
        if len(found) > JPEG_SCANS:
            return False
        # In several parts it is held in full, however small it is decoded.
        is_light = found == [len(image.getbands())] and not image.info.get("progressive")
        most = JPEG_PIXELS if is_light else PIXELS
    width, height = image.size
    return 0 < width * height <= most and max(width, height) <= EDGE


def examine(image: Image.Image, thumbnail: Path) -> Picture:
    width, height = image.size
    orientation = image.getexif().get(ORIENTATION, 1)
    image.draft("RGB", (THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    image.load()
    draw_thumbnail(image, thumbnail)
    if orientation in SIDEWAYS:
        width, height = height, width
    is_known = orientation in range(1, 9)
    return Picture(KINDS[kind_of(image)], width, height, orientation if is_known else 1)


def draw_thumbnail(image: Image.Image, thumbnail: Path) -> None:
    small = image.convert(mode_of(image))
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    small = ImageOps.exif_transpose(small)
    clean = Image.new(small.mode, small.size)
    clean.paste(small)
    clean.save(thumbnail, "WEBP", quality=THUMBNAIL_QUALITY)


def mode_of(image: Image.Image) -> str:
    """The simplest one that keeps what is seen."""
    has_alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    return "RGBA" if has_alpha else "RGB"


def small_square(image: Image.Image) -> Image.Image:
    """Its middle; of a moving picture that of the first one. White where it is transparent."""
    image.draft("RGB", (PORTRAIT_EDGE, PORTRAIT_EDGE))
    image.load()
    edge = min(image.size)
    left, top = ((side - edge) // 2 for side in image.size)
    middle = (left, top, left + edge, top + edge)
    size = (PORTRAIT_EDGE, PORTRAIT_EDGE)
    small = image.convert(mode_of(image)).resize(size, Image.Resampling.LANCZOS, box=middle)
    upright = ImageOps.exif_transpose(small).convert("RGBA")
    square = Image.new("RGB", upright.size, "white")
    square.paste(upright, mask=upright)
    return square
