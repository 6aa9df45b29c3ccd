"""Photographs lose what a camera notes, and nothing of the picture."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops

from chat.traces import scans, without_traces


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
