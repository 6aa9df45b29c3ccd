"""The cases of the Autobahn test suite, sections 1 to 7 and 10, after their descriptions.

Section 9, and 6 of every code point, are made where they are run. What is sent is followed by
a close with 1000, unless the line has to end by itself.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tests.faults.attacks import frame
from tests.sockets.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Told, close, part

NORMAL = frozenset({1000})
PROTOCOL_ERROR = frozenset({1002})
NOT_UTF8 = frozenset({1007})
ALL_BYTES = bytes(range(256))


class Case(NamedTuple):
    """`told` is what has to come back; `codes` those of which one ends the line.

    Who goes on after a close of its own writes to a line that is over, and may be cut for it.
    """

    name: str
    sent: list[bytes]
    told: list[Told] = []
    codes: frozenset[int | None] = NORMAL
    ends_itself: bool = False
    goes_on: bool = False


def text(payload: bytes) -> bytes:
    return frame(TEXT, payload)


def echoed(name: str, opcode: int, payload: bytes) -> Case:
    return Case(name, [frame(opcode, payload)], [Told(opcode, payload)])


def broken(
    name: str,
    *sent: bytes,
    told: Iterable[Told] = (),
    codes: frozenset[int | None] = PROTOCOL_ERROR,
) -> Case:
    return Case(name, list(sent), list(told), codes, ends_itself=True)


def reserved(bits: int, opcode: int, payload: bytes) -> bytes:
    return frame(opcode, payload, reserved=bits << 4)


HELLO = Told(TEXT, b"Hello, world!")
PONG_OF = [Told(PONG, b"ping payload")]
PINGED = frame(PING, b"ping payload")
SIZES = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536]

FRAMING = [
    *(echoed(f"1.1.{at}", TEXT, b"*" * size) for at, size in enumerate(SIZES, 1)),
    *(echoed(f"1.2.{at}", BINARY, b"\xfe" * size) for at, size in enumerate(SIZES, 1)),
]

PINGS = [
    Case("2.1", [frame(PING, b"")], [Told(PONG, b"")]),
    Case("2.2", [frame(PING, b"Hello, world!")], [Told(PONG, b"Hello, world!")]),
    Case(
        "2.3",
        [frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")],
        [Told(PONG, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")],
    ),
    Case("2.4, 2.6", [frame(PING, b"\xfe" * 125)], [Told(PONG, b"\xfe" * 125)]),
    broken("2.5", frame(PING, b"\xfe" * 126)),
    Case("2.7", [frame(PONG, b"")]),
    Case("2.8", [frame(PONG, b"unsolicited pong payload")]),
    Case("2.9", [frame(PONG, b"unsolicited pong payload"), PINGED], PONG_OF),
    Case(
        "2.10, 2.11",
        [frame(PING, b"payload-%d" % number) for number in range(10)],
        [Told(PONG, b"payload-%d" % number) for number in range(10)],
    ),
]

RESERVED_BITS = [
    broken("3.1", reserved(1, TEXT, HELLO.payload)),
    *(
        broken(f"3.{bits}", text(HELLO.payload), reserved(bits, TEXT, b"x"), PINGED, told=[HELLO])
        for bits in (2, 3, 4)
    ),
    broken("3.5", reserved(5, BINARY, ALL_BYTES)),
    broken("3.6", reserved(6, PING, HELLO.payload)),
    broken("3.7", reserved(7, CLOSE, b"\x03\xe8")),
]

OPCODES = [
    *(
        broken(f"4.{section}.{at}", frame(first + at - 1, payload))
        for section, first in ((1, 3), (2, 11))
        for at, payload in ((1, b""), (2, HELLO.payload))
    ),
    *(
        broken(
            f"4.{section}.{at}",
            text(HELLO.payload),
            frame(first + at - 1, b"" if at == 3 else HELLO.payload),
            PINGED,
            told=[HELLO],
        )
        for section, first in ((1, 3), (2, 11))
        for at in (3, 4, 5)
    ),
]

ONE, TWO, LAST = (
    part(TEXT, b"fragment1"),
    frame(CONTINUATION, b"fragment2"),
    part(CONTINUATION, b"fragment2"),
)
BOTH = Told(TEXT, b"fragment1fragment2")
LOST_END = frame(CONTINUATION, b"non-continuation payload")
LOST_PART = part(CONTINUATION, b"non-continuation payload")
FIVE = Told(TEXT, b"fragment1fragment2fragment3fragment4fragment5")

FRAGMENTS = [
    broken("5.1", part(PING, b"fragment1"), frame(CONTINUATION, b"fragment2")),
    broken("5.2", part(PONG, b"fragment1"), frame(CONTINUATION, b"fragment2")),
    Case("5.3, 5.4, 5.5", [ONE, TWO], [BOTH]),
    Case("5.6, 5.7, 5.8", [ONE, PINGED, TWO], [*PONG_OF, BOTH]),
    broken("5.9, 5.10, 5.11", LOST_END, text(HELLO.payload)),
    broken("5.12, 5.13, 5.14", LOST_PART, text(HELLO.payload)),
    broken("5.15", ONE, TWO, part(CONTINUATION, b"fragment3"), text(b"fragment4"), told=[BOTH]),
    broken("5.16", LOST_PART, ONE, TWO, LOST_PART, ONE, TWO),
    broken("5.17", LOST_END, ONE, TWO, LOST_END, ONE, TWO),
    broken("5.18", ONE, text(b"fragment2")),
    Case(
        "5.19, 5.20",
        [
            ONE,
            LAST,
            frame(PING, b"pongme 1!"),
            part(CONTINUATION, b"fragment3"),
            part(CONTINUATION, b"fragment4"),
            frame(PING, b"pongme 2!"),
            frame(CONTINUATION, b"fragment5"),
        ],
        [Told(PONG, b"pongme 1!"), Told(PONG, b"pongme 2!"), FIVE],
    ),
]

GREEK = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"  # κόσμε
VALID_UTF8 = [
    b"hello\x24world", b"hello\xc2\xa2world", b"hello\xe2\x82\xacworld",
    b"hello\xf0\xa4\xad\xa2world", GREEK,
    b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80",
    b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf",
    b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd",
    *(GREEK[:end] for end in (2, 5, 7, 9)),
    # Code points that are no characters, and special ones.
    *(chr(plane << 16 | 0xFFFE | last).encode() for plane in range(17) for last in (0, 1)),
    *(chr(point).encode() for point in range(0xFFF9, 0x10000)),
]  # fmt: skip
CUT_SHORT = [
    b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
    b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
]  # fmt: skip
NO_UTF8 = [
    *(GREEK[:end] for end in (1, 3, 4, 6, 8, 10)),
    # As if numbers had five or six bytes, or went beyond the last code point.
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xf7\xbf\xbf\xbf",
    b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf", b"\xf4\x90\x80\x80",
    # Continuations of nothing, beginnings of nothing.
    *((b"\x80\xbf" * 3)[:size] for size in range(1, 7)), b"\xbf", bytes(range(0x80, 0xC0)),
    *(b"".join(bytes([lead]) + b" " for lead in range(first, last + 1)) for first, last in (
        (0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD))),
    *CUT_SHORT, b"".join(CUT_SHORT),
    b"\xfe", b"\xff", b"\xfe\xfe\xff\xff",
    # Longer than they have to be: a slash, the last of each length, and NUL.
    b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf",
    b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf", b"\xc0\x80", b"\xe0\x80\x80",
    b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80",
    # Halves of UTF-16, alone and in pairs.
    *(b"\xed" + tail for tail in (
        b"\xa0\x80", b"\xad\xbf", b"\xae\x80", b"\xaf\xbf", b"\xb0\x80", b"\xbe\x80", b"\xbf\xbf",
        b"\xa0\x80\xed\xb0\x80", b"\xa0\x80\xed\xbf\xbf", b"\xad\xbf\xed\xb0\x80",
        b"\xad\xbf\xed\xbf\xbf", b"\xae\x80\xed\xb0\x80", b"\xae\x80\xed\xbf\xbf",
        b"\xaf\xbf\xed\xb0\x80", b"\xaf\xbf\xed\xbf\xbf")),
]  # fmt: skip

LONG = "Hello-µ@ßöäüàá-UTF-8!!".encode()
WRONG = GREEK + b"\xed\xa0\x80edited"
# Of an invalid text that comes in three parts, the first two.
BEYOND = (GREEK, b"\xf4\x90\x80\x80", b"edited")


def in_octets(payload: bytes) -> list[bytes]:
    first, *middle, last = [payload[at : at + 1] for at in range(len(payload))]
    between = [part(CONTINUATION, octet) for octet in middle]
    return [part(TEXT, first), *between, frame(CONTINUATION, last)]


UTF8 = [
    echoed("6.1.1", TEXT, b""),
    Case(
        "6.1.2",
        [part(TEXT, b""), part(CONTINUATION, b""), frame(CONTINUATION, b"")],
        [Told(TEXT, b"")],
    ),
    Case(
        "6.1.3",
        [part(TEXT, b""), part(CONTINUATION, b"middle"), frame(CONTINUATION, b"")],
        [Told(TEXT, b"middle")],
    ),
    echoed("6.2.1", TEXT, LONG),
    Case("6.2.2", [part(TEXT, LONG[:12]), frame(CONTINUATION, LONG[12:])], [Told(TEXT, LONG)]),
    Case("6.2.3", in_octets(LONG), [Told(TEXT, LONG)]),
    Case("6.2.4", in_octets(GREEK), [Told(TEXT, GREEK)]),
    broken("6.3.1", text(WRONG), codes=NOT_UTF8),
    broken("6.3.2", *in_octets(WRONG), codes=NOT_UTF8),
    # Before its end: the last part never comes.
    broken("6.4.1", part(TEXT, BEYOND[0]), part(CONTINUATION, BEYOND[1]), codes=NOT_UTF8),
    broken(
        "6.4.2",
        part(TEXT, BEYOND[0] + b"\xf4"),
        part(CONTINUATION, b"\x90"),
        codes=NOT_UTF8,
    ),
    broken("6.4.3, 6.4.4", text(b"".join(BEYOND)), codes=NOT_UTF8),
    *(echoed(f"6.5 to 6.23, {each!r}", TEXT, each) for each in VALID_UTF8),
    *(broken(f"6.6 to 6.21, {each!r}", text(each), codes=NOT_UTF8) for each in NO_UTF8),
    *(
        broken(f"6.6 to 6.21 in parts, {each!r}", *in_octets(each), codes=NOT_UTF8)
        for each in NO_UTF8
        if len(each) > 1
    ),
]

EDGE = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
        4999]  # fmt: skip
FORBIDDEN = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]

CLOSES = [
    Case("7.1.1", [text(HELLO.payload)], [HELLO]),
    Case("7.1.2", [close(1000), close(1001)], ends_itself=True, goes_on=True),
    Case("7.1.3", [close(1000), PINGED], ends_itself=True, goes_on=True),
    Case("7.1.4", [close(1000), text(HELLO.payload)], ends_itself=True, goes_on=True),
    Case("7.1.5", [ONE, close(1000), TWO], ends_itself=True, goes_on=True),
    Case("7.3.1", [frame(CLOSE, b"")], codes=frozenset({None}), ends_itself=True),
    broken("7.3.2", frame(CLOSE, b"a")),
    Case("7.3.3", [close(1000)], ends_itself=True),
    Case("7.3.4", [close(1000, b"Hello World!")], ends_itself=True),
    Case("7.3.5", [close(1000, b"*" * 123)], ends_itself=True),
    broken("7.3.6", close(1000, b"*" * 124)),
    broken("7.5.1", close(1000, WRONG), codes=NOT_UTF8),
    *(
        Case(f"7.7, {code}", [close(code)], codes=frozenset({code}), ends_itself=True)
        for code in EDGE
    ),
    *(broken(f"7.9, 7.13, {code}", close(code)) for code in FORBIDDEN),
]


def cut(payload: bytes, size: int) -> list[bytes]:
    """As one text in frames of so many bytes."""
    first, *middle, last = [payload[at : at + size] for at in range(0, len(payload), size)]
    between = [part(CONTINUATION, each) for each in middle]
    return [part(TEXT, first), *between, frame(CONTINUATION, last)]


AUTO_FRAGMENTS = [
    Case("10.1.1", cut(b"*" * 65_536, 1300), [Told(TEXT, b"*" * 65_536)]),
]

SECTIONS = {
    "1, framing": FRAMING,
    "2, pings": PINGS,
    "3, reserved bits": RESERVED_BITS,
    "4, opcodes": OPCODES,
    "5, fragments": FRAGMENTS,
    "6, UTF-8": UTF8,
    "7, closes": CLOSES,
    "10, fragments of a large one": AUTO_FRAGMENTS,
}
