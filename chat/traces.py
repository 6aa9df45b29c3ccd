"""Pictures without what a camera or a program notes of itself, of its owner and of the place. Pure.

Nothing is decoded or drawn anew: the picture stays as it was, bit by bit.

What is here also goes over a file before a decoder does, which may take time with the square of the
number of its parts, and memory for each.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

# --- JPEG

# What phones put beside a photograph takes some hundred.
MOST_PARTS = 1_000
MOST_PADDING = 64 * 1024
MOST_EXIF_BYTES = 1024 * 1024
START, END, SCAN = 0xD8, 0xD9, 0xDA
EXIF = 0xE1
# Frames, tables and scans; everything else is a note of somebody, but for those that begin so.
SEEN_IN_JPEG = {*range(0xC0, 0xD0), *range(0xD9, 0xE0)}
SEEN_NOTES = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
# What a decoder reads on behind at once, as if it had no length: taken for the beginning of a part,
# it would hide from us what stands there.
ALONE = {0x00, 0x01, *range(0xD0, 0xD9)}
# Behind a scan: not a literal 0xFF, nor a mark to start afresh at.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")


def without_traces(picture: bytes, orientation: int) -> bytes:
    """The same JPEG, PNG or WebP, told which way is up and nothing else; others as they are.

    Raises ValueError and struct.error for a broken one.
    """
    if picture.startswith(b"\xff\xd8"):
        return clean_jpeg(picture, orientation)
    if picture.startswith(PNG):
        return clean_png(picture, orientation)
    if is_webp(picture):
        return clean_webp(picture, orientation)
    return picture


def is_webp(picture: bytes) -> bool:
    return picture.startswith(b"RIFF") and picture[8:12] == b"WEBP"


def clean_jpeg(jpeg: bytes, orientation: int) -> bytes:
    kept = [jpeg[:2]]
    if orientation != 1:
        exif = b"Exif\0\0" + upright(orientation)
        kept.append(struct.pack(">BBH", 0xFF, EXIF, len(exif) + 2) + exif)
    for marker, part in parts(jpeg):
        if marker in SEEN_IN_JPEG or is_seen_note(marker, part):
            kept.append(part)
    return b"".join(kept)


def is_seen_note(marker: int, part: bytes) -> bool:
    """What shapes, colours: not what programs add, nor a list of further pictures behind this."""
    return marker in SEEN_NOTES and part.startswith(SEEN_NOTES[marker], 4)


def scans(jpeg: bytes) -> list[int]:
    """How many colours are in each of its scans. Raises ValueError for a broken one."""
    return [part[4] for marker, part in parts(jpeg) if marker == SCAN]


def parts(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Everything between the start and the end, which is the last; not what comes behind it."""
    return at_most(MOST_PARTS, every_part(jpeg))


def every_part(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    place, padding = 2, 0
    while True:
        if place + 4 > len(jpeg) and jpeg[place : place + 2] != bytes([0xFF, END]):
            raise ValueError("cut off")
        if jpeg[place] != 0xFF:
            raise ValueError("no marker")
        marker = jpeg[place + 1]
        if marker == 0xFF:
            place += 1
            padding += 1
            if padding > MOST_PADDING:
                raise ValueError("too much padding")
            continue
        if marker in ALONE:
            raise ValueError("no part")
        if marker == END:
            yield marker, jpeg[place : place + 2]
            return
        end = place + 2 + struct.unpack_from(">H", jpeg, place + 2)[0]
        if marker == SCAN:
            end = end_of_scan(jpeg, end)
        yield marker, jpeg[place:end]
        place = end


def end_of_scan(jpeg: bytes, place: int) -> int:
    found = MARKER.search(jpeg, place)
    if found is None:
        raise ValueError("cut off")
    return found.start()


# --- PNG

PNG = b"\x89PNG\r\n\x1a\n"
# Some programs write one for every 4 KB.
MOST_CHUNKS = 20_000
SEEN_IN_PNG = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"acTL", b"fcTL", b"fdAT"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs"),
}


def clean_png(png: bytes, orientation: int) -> bytes:
    kept = [PNG]
    for kind, chunk in png_chunks(png):
        if kind in SEEN_IN_PNG:
            kept.append(chunk)
        if kind == b"IHDR" and orientation != 1:
            exif = b"eXIf" + upright(orientation)
            kept.append(struct.pack(">I", len(exif) - 4) + exif)
            kept.append(struct.pack(">I", zlib.crc32(exif)))
    return b"".join(kept)


def png_chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Up to the end; not what comes behind it."""
    return at_most(MOST_CHUNKS, every_png_chunk(png))


def every_png_chunk(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, kind = len(PNG), b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", png, place)
        end = place + 12 + size
        if end > len(png):
            raise ValueError("cut off")
        yield kind, png[place:end]
        place = end


# --- WebP

SEEN_IN_WEBP = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
# Flags of VP8X: what else is in the file.
HAS_EXIF, HAS_XMP = 0x08, 0x04


def clean_webp(webp: bytes, orientation: int) -> bytes:
    kept: list[bytes] = []
    has_header = False
    for kind, chunk in webp_chunks(webp):
        if kind == b"VP8X":
            has_header = True
            flags = chunk[8] & ~(HAS_EXIF | HAS_XMP) | (HAS_EXIF if orientation != 1 else 0)
            kept.append(chunk[:8] + bytes([flags]) + chunk[9:])
        elif kind in SEEN_IN_WEBP:
            kept.append(chunk)
    if has_header and orientation != 1:
        exif = upright(orientation)
        kept.append(struct.pack("<4sI", b"EXIF", len(exif)) + exif)
    body = b"WEBP" + b"".join(kept)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def webp_chunks(webp: bytes) -> Iterator[tuple[bytes, bytes]]:
    """With the byte that makes their length even."""
    return at_most(MOST_CHUNKS, every_webp_chunk(webp))


def every_webp_chunk(webp: bytes) -> Iterator[tuple[bytes, bytes]]:
    place, end_of_file = 12, 8 + struct.unpack_from("<I", webp, 4)[0]
    if end_of_file > len(webp):
        raise ValueError("cut off")
    while place < end_of_file:
        kind, size = struct.unpack_from("<4sI", webp, place)
        end = place + 8 + size
        if end > end_of_file:
            raise ValueError("cut off")
        yield kind, webp[place:end] + b"\0" * (size % 2)
        place = end + size % 2


# --- All of them


def count_parts(picture: bytes) -> None:
    """Raises ValueError and struct.error for a picture that is broken, or has too many parts."""
    if picture.startswith(b"\xff\xd8"):
        found = parts(picture)
        if sum(len(part) for _, part in found if part[4:8] == b"Exif") > MOST_EXIF_BYTES:
            raise ValueError("too much Exif")
    elif picture.startswith(PNG):
        deque(png_chunks(picture), maxlen=0)
    elif is_webp(picture):
        deque(webp_chunks(picture), maxlen=0)


def at_most(most: int, found: Iterable[T]) -> Iterator[T]:
    """Raises ValueError instead of the one too many."""
    for count, each in enumerate(found):
        if count == most:
            raise ValueError("too many parts")
        yield each


def upright(orientation: int) -> bytes:
    """Exif with one entry, without what goes before it: how the camera was held."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
