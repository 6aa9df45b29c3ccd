"""Pictures lose what a camera or a program notes, and nothing of what is seen."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, ImageChops, PngImagePlugin

from chat.traces import (
    MOST_CHUNKS,
    MOST_PARTS,
    count_parts,
    parts,
    png_chunks,
    scans,
    without_traces,
)


def photograph(**options: Any) -> bytes:
    noise = Image.effect_noise((160, 120), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    file = io.BytesIO()
    noise.save(file, "JPEG", exif=exif, comment=b"secret words", **options)
    return file.getvalue()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_the_picture_stays_as_it_was(options: dict[str, Any]) -> None:
    jpeg = photograph(**options)
    behind = jpeg + b"\xff\xd8 another picture with a secret"
    clean = without_traces(behind, 1)
    assert b"secret" in jpeg
    assert b"secret" not in clean
    before, after = Image.open(io.BytesIO(jpeg)), Image.open(io.BytesIO(clean))
    assert ImageChops.difference(before, after).getbbox() is None


def test_a_profile_of_colours_stays_and_which_way_is_up() -> None:
    clean = without_traces(photograph(icc_profile=b"colours" * 20), 8)
    image = Image.open(io.BytesIO(clean))
    assert image.info["icc_profile"] == b"colours" * 20
    assert dict(image.getexif()) == {0x0112: 8}


@pytest.mark.parametrize("length", [2, 3, 30, 400, -1, -2])
def test_what_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises((ValueError, IndexError)):
        without_traces(photograph()[:length], 1)


def test_scans_are_counted() -> None:
    assert scans(photograph()) == [3]
    assert len(scans(photograph(progressive=True))) == 10


@pytest.mark.parametrize("marker", [0x00, 0x01, 0xD0, 0xD7, 0xD8])
def test_no_scan_is_hidden_behind_what_has_no_length(marker: int) -> None:
    jpeg = photograph()
    hidden = bytes([0xFF, marker, 0, 4]) + b"\xff\xda"
    for broken in (jpeg[:2] + hidden + jpeg[2:], jpeg[:-2] + b"\xff" + hidden + jpeg[-2:]):
        with pytest.raises(ValueError, match="no part"):
            scans(broken)


def part(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def chunk(kind: bytes, content: bytes) -> bytes:
    ending = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + ending


def webp_with(chunks: bytes) -> bytes:
    webp = told("WEBP") + chunks
    return webp[:4] + struct.pack("<I", len(webp) - 8) + webp[8:]


def test_of_what_else_is_in_a_photograph_only_what_is_seen_stays() -> None:
    jpeg = photograph(icc_profile=b"colours" * 20)
    adobe = part(0xEE, b"Adobe\0\x64\0\0\0\0\1")
    notes = [
        part(0xEB, b"JP\0\1 secret c2pa"),
        part(0xE3, b"Meta\0\0secret"),
        part(0xE6, b"GoPro\0secret"),
        part(0xE0, b"JFXX\0\x10secret"),
        part(0xE2, b"MPF\0secret"),
        part(0xE2, b"FPXR\0secret"),
        part(0xEE, b"secret"),
        part(0xEF, b"Q\0secret"),
    ]
    clean = without_traces(jpeg[:2] + b"".join(notes) + adobe + jpeg[2:], 1)
    assert b"secret" not in clean
    markers = [marker for marker, _ in parts(clean)]
    assert markers == [0xEE, 0xE0, 0xE2, *(each for each in markers[3:] if each < 0xE0)]
    assert adobe in clean


def test_of_what_else_is_in_a_drawing_only_what_is_seen_stays() -> None:
    png = told("PNG", icc_profile=b"colours" * 7, dpi=(72, 72))
    seen = [chunk(b"gAMA", b"\0\0\xb1\x8f"), chunk(b"sRGB", b"\0"), chunk(b"cICP", b"\1\1\0\1")]
    notes = [chunk(kind, b"secret") for kind in (b"caBX", b"prVt", b"zXIf", b"PRVT", b"tIME")]
    clean = without_traces(png[:33] + b"".join(seen + notes) + png[33:], 1)
    assert b"secret" not in clean
    assert all(each in clean for each in seen)
    kinds = {kind for kind, _ in png_chunks(clean)}
    assert kinds == {b"IHDR", b"gAMA", b"sRGB", b"cICP", b"iCCP", b"pHYs", b"IDAT", b"IEND"}


def test_a_picture_has_so_many_parts_and_no_more() -> None:
    jpeg, png = photograph(), told("PNG")
    exif = part(0xE1, b"Exif\0\0" + bytes(60_000))
    count_parts(jpeg[:2] + part(0xE5, b"") * 900 + exif * 17 + b"\xff" * 60_000 + jpeg[2:])
    count_parts(png[:33] + chunk(b"prVt", b"") * 19_900 + png[33:])
    count_parts(webp_with(b"prVt\0\0\0\0" * 19_900))
    for crowded in (
        jpeg[:2] + part(0xE5, b"") * MOST_PARTS + jpeg[2:],
        jpeg[:2] + exif * 18 + jpeg[2:],
        jpeg[:2] + b"\xff" * 70_000 + jpeg[2:],
        png[:33] + chunk(b"prVt", b"") * MOST_CHUNKS + png[33:],
        webp_with(b"prVt\0\0\0\0" * MOST_CHUNKS),
    ):
        with pytest.raises(ValueError, match="too m"):
            count_parts(crowded)


def told(kind: str, **options: Any) -> bytes:
    """A picture that lies on its side, with secrets wherever its kind takes some."""
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    exif[0x0112] = 6
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "secret name")
    notes.add_itxt("XML:com.adobe.xmp", "secret place", zip=False)
    if kind == "PNG":
        options["pnginfo"] = notes
    else:
        options |= {"xmp": b"secret place", "lossless": True}
    frames = [Image.effect_noise((64, 33), spread).convert("RGBA") for spread in (40, 90)]
    if options.get("save_all"):
        options["append_images"] = frames[1:]
    file = io.BytesIO()
    frames[0].save(file, kind, exif=exif, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("options", [{}, {"save_all": True}, {"icc_profile": b"colours" * 7}])
@pytest.mark.parametrize("orientation", [1, 6])
def test_other_kinds_of_pictures_keep_what_is_seen(
    kind: str, options: dict[str, Any], orientation: int
) -> None:
    picture = told(kind, **options)
    clean = without_traces(picture + b"another secret", orientation)
    assert b"secret" in picture
    assert b"secret" not in clean
    before, after = Image.open(io.BytesIO(picture)), Image.open(io.BytesIO(clean))
    assert after.info.get("icc_profile") == options.get("icc_profile")
    assert dict(after.getexif()) == ({0x0112: 6} if orientation == 6 else {})
    assert getattr(before, "n_frames", 1) == getattr(after, "n_frames", 1)
    for frame in range(getattr(before, "n_frames", 1)):
        before.seek(frame)
        after.seek(frame)
        assert before.convert("RGBA").tobytes() == after.convert("RGBA").tobytes()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("length", [14, 30, 200, -1, -9])
def test_other_kinds_that_are_cut_off_are_refused(kind: str, length: int) -> None:
    with pytest.raises((ValueError, struct.error)):
        without_traces(told(kind)[:length], 1)


def test_what_is_no_picture_stays_as_it_is() -> None:
    assert without_traces(b"GIF89a and so on", 6) == b"GIF89a and so on"
