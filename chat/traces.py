"""Photographs without what a camera notes of itself, of its owner and of the place. Pure.

Nothing is decoded or drawn anew: the picture stays as it was, bit by bit.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

START, END, SCAN = 0xD8, 0xD9, 0xDA
EXIF, PHOTOSHOP, COMMENT, PROFILE = 0xE1, 0xED, 0xFE, 0xE2
# What a decoder reads on behind at once, as if it had no length: taken for the beginning of a part,
# it would hide from us what stands there.
ALONE = {0x00, 0x01, *range(0xD0, 0xD9)}
# Behind a scan: not a literal 0xFF, nor a mark to start afresh at.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")


def without_traces(jpeg: bytes, orientation: int) -> bytes:
    """The same JPEG, told which way is up and nothing else. Raises ValueError for a broken one."""
    kept = [jpeg[:2]]
    if orientation != 1:
        kept.append(upright(orientation))
    for marker, part in parts(jpeg):
        is_trace = marker in {EXIF, PHOTOSHOP, COMMENT}
        # A list of further pictures behind this one, which have notes of their own.
        is_trace = is_trace or (marker == PROFILE and part[4:8] == b"MPF\0")
        if not is_trace:
            kept.append(part)
    return b"".join(kept)


def scans(jpeg: bytes) -> list[int]:
    """How many colours are in each of its scans. Raises ValueError for a broken one."""
    return [part[4] for marker, part in parts(jpeg) if marker == SCAN]


def parts(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """Everything between the start and the end, which is the last; not what comes behind it."""
    place = 2
    while True:
        if place + 4 > len(jpeg) and jpeg[place : place + 2] != bytes([0xFF, END]):
            raise ValueError("cut off")
        if jpeg[place] != 0xFF:
            raise ValueError("no marker")
        marker = jpeg[place + 1]
        if marker == 0xFF:  # padding
            place += 1
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


def upright(orientation: int) -> bytes:
    """Exif with one entry: how the camera was held."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return struct.pack(">BBH", 0xFF, EXIF, len(exif) + 2) + exif
