"""One event on its way to many connections, made ready once."""

from __future__ import annotations

# What was joined in one turn, by what it was joined from: most of a room has the same waiting.
Frames = dict[tuple["Parcel", ...], "Parcel"]


class Parcel:
    """A text; `topic` is what it tells of, where that may be taken back."""

    __slots__ = ("_frame", "event", "topic", "weight")

    def __init__(self, event: str, topic: str = "") -> None:
        self.event = event
        self.topic = topic
        # The bytes that it takes in memory and on the line, or a little more.
        self.weight = len(event) * (1 if event.isascii() else 4)
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """As a WebSocket text frame of a server: final, not masked (RFC 6455, section 5.2)."""
        if self._frame is None:
            self._frame = text_frame(self.event)
        return self._frame


def joined(parcels: tuple[Parcel, ...], frames: Frames | None) -> Parcel:
    """Several events as one JSON array; `frames` remembers it for others who wait for the same."""
    if len(parcels) == 1:
        return parcels[0]
    if frames is None:
        return array_of(parcels)
    frame = frames.get(parcels)
    if frame is None:
        frame = frames[parcels] = array_of(parcels)
    return frame


def array_of(parcels: tuple[Parcel, ...]) -> Parcel:
    return Parcel(f"[{','.join([parcel.event for parcel in parcels])}]")


def text_frame(text: str) -> bytes:
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return b"\x81%c" % size + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload
