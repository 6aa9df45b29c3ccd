"""ChatApp/lean against `websockets`: the same stream, however cut and however broken, is heard
the same, is answered the same, and ends the same."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets import frames as theirs
from websockets.protocol import OPEN
from websockets.server import ServerProtocol
from websockets.speedups import apply_mask as in_c
from websockets.utils import apply_mask as in_python

from ChatApp.lean.exchange import Exchange
from ChatApp.lean.frames import frame_of
from ChatApp.lean.line import Line
from ChatApp.lean.reading import FRAMES_A_TURN

MESSAGE_BYTES = 1000
thorough = settings(
    max_examples=300,
    deadline=None,
    database=None,
    derandomize="CHAT_TEST_SEED" not in os.environ,
)


class Loop:
    """As much of one as a line needs; time stands still."""

    def __init__(self) -> None:
        self.soon: deque[Callable[[], None]] = deque()

    def time(self) -> float:
        return 0.0

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def call_later(self, _: float, __: Callable[[], None]) -> "Timer":
        return Timer()


class Timer:
    def cancel(self) -> None:
        pass


class Transport:
    def __init__(self) -> None:
        self.written = b""
        self.is_reading = True
        self.has_ended = False
        self.is_over = False

    def write(self, data: bytes) -> None:
        assert not self.has_ended
        self.written += data

    def write_eof(self) -> None:
        self.has_ended = True

    def close(self) -> None:
        self.has_ended = self.is_over = True

    abort = close

    def can_write_eof(self) -> bool:
        return True

    def is_closing(self) -> bool:
        return self.is_over

    def get_extra_info(self, name: str) -> None:
        """No socket is behind it."""

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        assert self.is_reading
        self.is_reading = False

    def resume_reading(self) -> None:
        assert not self.is_reading
        self.is_reading = True


class Ours(Line):
    """Remembers what it hears."""

    def __init__(self, message_bytes: int) -> None:
        self.loop = Loop()
        super().__init__(Exchange(self.loop, message_bytes, 0, 0))  # type: ignore[arg-type]
        self.line: Any = Transport()
        self.transport = self.line
        self.open(b"")
        self.messages: list[str | bytes] = []
        self.code: int | None = None

    def has_room(self) -> bool:
        return True

    def heard(self, message: str | bytes) -> None:
        assert self.code is None
        self.messages.append(message)

    def ended(self, code: int, reason: str) -> None:
        self.code = self.code or code

    def feed(self, stream: bytes, cuts: Sequence[int] = ()) -> "Ours":
        edges = [0, *sorted({cut % (len(stream) + 1) for cut in cuts}), len(stream)]
        for start, end in pairwise(edges):
            self.data_received(stream[start:end])
            turns = 0
            while self.loop.soon:
                self.loop.soon.popleft()()
                turns += 1
                assert turns <= len(stream) // (2 * FRAMES_A_TURN) + 2
            assert self.line.is_reading or self.line.is_over
        return self


class Theirs:
    """What uvicorn makes of what `websockets` parses."""

    def __init__(self, message_bytes: int) -> None:
        self.protocol = ServerProtocol(state=OPEN, max_size=message_bytes)
        self.messages: list[str | bytes] = []
        self.code: int | None = None
        self.written = b""
        self.opcode = theirs.BINARY
        self.parts: list[bytes] = []

    def feed(self, stream: bytes) -> "Theirs":
        # Octet by octet: it forgets what came along with a mistake.
        for octet in stream:
            if self.code is not None:
                break
            self.protocol.receive_data(bytes([octet]))
            for event in self.protocol.events_received():
                assert isinstance(event, theirs.Frame)
                self.take(event)
            self.written += b"".join(self.protocol.data_to_send())
            if self.protocol.close_sent and self.code is None:
                self.code = self.protocol.close_sent.code
        return self

    def take(self, event: theirs.Frame) -> None:
        if event.opcode in {theirs.TEXT, theirs.BINARY}:
            self.opcode = event.opcode
            self.parts = []
        if event.opcode in {theirs.TEXT, theirs.BINARY, theirs.CONT}:
            self.parts.append(bytes(event.data))
            if event.fin:
                self.take_message(b"".join(self.parts))

    def take_message(self, message: bytes) -> None:
        if self.opcode == theirs.BINARY:
            self.messages.append(message)
            return
        try:
            self.messages.append(message.decode())
        except UnicodeDecodeError:
            self.protocol.fail(1007)


# --- Streams


def client_frame(opcode: int, payload: bytes, *, is_final: bool, key: bytes) -> bytes:
    plain = frame_of(opcode, payload)
    header = bytes([plain[0] if is_final else plain[0] & 0x7F, plain[1] | 0x80])
    size = plain[2 : len(plain) - len(payload)]
    return header + size + key + in_python(payload, key)


KEYS = st.binary(min_size=4, max_size=4)
CONTROLS = st.builds(
    client_frame,
    st.sampled_from([theirs.PING, theirs.PONG]),
    st.binary(max_size=125),
    is_final=st.just(True),
    key=KEYS,
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """One message in any number of parts, with control frames in between."""
    if draw(st.booleans()):
        opcode, payload = theirs.TEXT, draw(st.text(max_size=60)).encode()
    else:
        opcode, payload = theirs.BINARY, draw(st.binary(max_size=300))
    cuts = sorted(draw(st.lists(st.integers(0, len(payload)), max_size=4)))
    edges = [0, *cuts, len(payload)]
    stream = b""
    for number, (start, end) in enumerate(pairwise(edges)):
        stream += client_frame(
            opcode if number == 0 else theirs.CONT,
            payload[start:end],
            is_final=end == len(payload) and number == len(edges) - 2,
            key=draw(KEYS),
        )
        if draw(st.booleans()):
            stream += draw(CONTROLS)
    return stream


CLOSES = st.one_of(
    st.just(b""),
    st.builds(
        lambda code, reason, key: client_frame(
            theirs.CLOSE, code.to_bytes(2, "big") + reason, is_final=True, key=key
        ),
        st.sampled_from([0, 999, 1000, 1001, 1004, 1005, 1006, 1014, 1015, 1016, 2999, 3000, 4999]),
        st.sampled_from([b"", b"bye", "ä".encode(), b"\xff", b"x" * 123]),
        KEYS,
    ),
    st.builds(
        lambda payload, key: client_frame(theirs.CLOSE, payload, is_final=True, key=key),
        st.sampled_from([b"", b"\x03"]),
        KEYS,
    ),
)
STREAMS = st.builds(lambda parts, end: b"".join(parts) + end, st.lists(messages()), CLOSES)
CUTS = st.lists(st.integers(0, 10_000), max_size=20)


@given(stream=STREAMS, cuts=CUTS)
@thorough
def test_a_stream_is_heard_as_they_hear_it(stream: bytes, cuts: list[int]) -> None:
    ours, oracle = Ours(MESSAGE_BYTES).feed(stream, cuts), Theirs(MESSAGE_BYTES).feed(stream)
    assert ours.messages == oracle.messages
    assert ours.code == oracle.code
    assert is_the_same(ours.line.written, oracle.written)


@given(stream=STREAMS)
@settings(thorough, max_examples=50)
def test_octet_by_octet_it_is_the_same_stream(stream: bytes) -> None:
    whole, cut = Ours(MESSAGE_BYTES).feed(stream), Ours(MESSAGE_BYTES)
    cut.feed(stream, range(len(stream)))
    assert (whole.messages, whole.code) == (cut.messages, cut.code)
    assert whole.line.written == cut.line.written


@st.composite
def broken_streams(draw: st.DrawFn) -> bytes:
    """Some octets of a good one are changed, cut out or put in."""
    stream = bytearray(b"".join(draw(st.lists(messages(), min_size=1, max_size=4))))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(stream) - 1, 0)))
        end = at + draw(st.sampled_from([0, 1, 1, 2, 8]))
        stream[at:end] = draw(st.binary(max_size=2))
    return bytes(stream)


@given(stream=broken_streams(), cuts=CUTS)
@example(stream=b"\x99\xff" + b"\xff" * 8, cuts=[])
@thorough
def test_a_broken_stream_ends_as_theirs(stream: bytes, cuts: list[int]) -> None:
    ours, oracle = Ours(MESSAGE_BYTES).feed(stream, cuts), Theirs(MESSAGE_BYTES).feed(stream)
    if ours.code and not oracle.code:
        # We do not wait for the rest of a frame that may not be.
        oracle.feed(bytes(2 * MESSAGE_BYTES))
    if ours.code != oracle.code:
        assert may_differ(ours.code, oracle)
    else:
        assert ours.messages == oracle.messages[: len(ours.messages)]


def may_differ(ours: int | None, oracle: Theirs) -> bool:
    """Where two rules are broken at once either may be named, and these are our own:

    - text is refused as soon as it cannot become UTF-8, theirs at its end;
    - a close may come between the parts of a message, theirs is refused;
    - a control frame does not count as a part of the message around it.
    """
    problem = oracle.protocol.parser_exc
    is_close_within = "incomplete fragmented message" in str(problem)
    is_counted = oracle.code == 1009 and oracle.protocol.current_size is not None
    is_either = {ours, oracle.code} <= {1002, 1009}
    return ours == 1007 or is_close_within or is_counted or is_either


@given(garbage=st.binary(max_size=3000), cuts=CUTS)
@thorough
def test_garbage_is_heard_or_ends_the_line(garbage: bytes, cuts: list[int]) -> None:
    ours = Ours(MESSAGE_BYTES).feed(garbage, cuts)
    if ours.code is None:
        assert ours.is_open
        # What is kept is a part of one frame.
        assert len(ours.waiting) <= MESSAGE_BYTES + 14
    else:
        assert not ours.is_open
        assert not ours.waiting
        assert ours.line.has_ended
        assert len(before_close(ours.line.written)[1]) in {0, 2}


@given(payload=st.binary(max_size=70_000), key=KEYS)
@settings(thorough, max_examples=50)
def test_a_mask_is_taken_off_in_c_as_in_python(payload: bytes, key: bytes) -> None:
    expected = bytes(octet ^ key[at % 4] for at, octet in enumerate(payload))
    assert in_c(payload, key) == in_python(payload, key) == expected
    assert in_c(bytearray(payload), bytearray(key)) == expected


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
@pytest.mark.parametrize("opcode", [theirs.TEXT, theirs.BINARY])
def test_our_frames_are_theirs(opcode: theirs.Opcode, size: int) -> None:
    payload = b"x" * size
    assert frame_of(opcode, payload) == theirs.Frame(opcode, payload).serialize(mask=False)


def is_the_same(ours: bytes, oracle: bytes) -> bool:
    """But for the words of a reason."""
    ours, is_ours_closed = before_close(ours)
    oracle, is_closed = before_close(oracle)
    return ours == oracle and is_ours_closed == is_closed


def before_close(written: bytes) -> tuple[bytes, bytes]:
    """What was written, and the code of the close at its end."""
    at = 0
    while at < len(written):
        size = written[at + 1]
        if written[at] == 0x80 | theirs.CLOSE:
            return written[:at], written[at + 2 : at + 4]
        at += 2 + size
    return written, b""
