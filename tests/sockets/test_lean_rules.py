"""ChatApp/lean keeps RFC 6455: the cases of the Autobahn test suite, on real sockets.

Each in one piece, frame by frame and octet by octet: how a stream is cut up must not matter.
"""

import asyncio
import struct

import pytest

from ChatApp.lean import frames
from tests.faults.attacks import frame
from tests.sockets.autobahn import SECTIONS, Case, cut
from tests.sockets.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    LOOPS,
    PING,
    TEXT,
    Raw,
    Site,
    Told,
    close,
    part,
    run,
    serving,
)

AT_ONCE = 20
# More octets than this, each in a packet of its own, take long and show nothing new.
OCTETS = 2000
MESSAGE_BYTES = 128 * 1024
LIMIT = 1000
CHOPS = ["whole", "frames", "octets"]

each_loop = pytest.mark.parametrize("loop", LOOPS)


@each_loop
@pytest.mark.parametrize("chop", CHOPS)
@pytest.mark.parametrize("section", SECTIONS)
def test_section(section: str, chop: str, loop: str) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=MESSAGE_BYTES) as site:
            some_at_once = asyncio.Semaphore(AT_ONCE)
            judgements = [judge(site, case, chop, some_at_once) for case in SECTIONS[section]]
            wrong = [each for each in await asyncio.gather(*judgements) if each]
            assert not wrong, "\n".join(wrong)
            await site.is_left()

    run(loop, scenario())


async def judge(site: Site, case: Case, chop: str, some_at_once: asyncio.Semaphore) -> str:
    """What is wrong, if something is."""
    size = sum(map(len, case.sent))
    if chop == "octets" and size > OCTETS:
        return ""
    async with some_at_once, site.line() as raw:
        await raw.send(*case.sent, chop=chop)
        if not case.ends_itself:
            while len(raw.told) < len(case.told):
                await raw.next()
            await raw.send(close(1000), chop=chop)
        *told, last = [Told(-1, b""), *await raw.reads_to_the_end()]
        return complaint(case, told[1:], last, chop)


def complaint(case: Case, told: list[Told], last: Told, chop: str) -> str:
    # What came along with a mistake may go unanswered.
    is_right = told == case.told or (chop != "octets" and case.ends_itself and not told)
    if case.goes_on and chop == "octets" and last.opcode == -1:
        return ""
    if last.opcode != CLOSE or last.code not in case.codes or not is_right:
        return f"{case.name}: {told[:3]} and then {last}"
    return ""


# --- Section 9, scaled: large messages, small fragments, many messages


@each_loop
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024])
def test_a_large_message_is_heard_whole(size: int, opcode: int, loop: str) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=size) as site, site.line() as raw:
            payload = bytes(range(32, 96)) * (size // 64)
            header = struct.pack("!BBQ", 0x80 | opcode, 0xFF, size) + b"mask"
            await raw.send(header + frames.apply_mask(payload, b"mask"))
            assert await raw.next() == Told(opcode, payload)

    run(loop, scenario())


@each_loop
@pytest.mark.parametrize("size", [64, 256, 1024, 4096, 65_536])
def test_a_message_in_many_fragments_is_heard_whole(size: int, loop: str) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=1024 * 1024) as site, site.line() as raw:
            payload = b"*" * 1024 * 1024 if size > 64 else b"*" * 256 * 1024
            await raw.send(*cut(payload, min(size, 65_535)))
            assert await raw.next() == Told(TEXT, payload)

    run(loop, scenario())


@each_loop
@pytest.mark.parametrize("size", [64, 256, 1024, 2048])
def test_a_message_in_many_packets_is_heard_whole(size: int, loop: str) -> None:
    async def scenario() -> None:
        async with serving() as site, site.line() as raw:
            whole = frame(TEXT, b"*" * 60_000)
            pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
            await raw.send(*pieces, chop="frames")
            assert await raw.next() == Told(TEXT, b"*" * 60_000)

    run(loop, scenario())


@each_loop
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 16, 64, 256, 1024, 4096, 16_384])
def test_a_thousand_messages_come_back_in_order(size: int, opcode: int, loop: str) -> None:
    async def scenario() -> None:
        async with serving() as site, site.line() as raw:
            payloads = [b"%04d" % number + b"*" * size for number in range(1000)]
            sending = asyncio.create_task(
                raw.send(*(frame(opcode, each) for each in payloads), chop="frames")
            )
            for each in payloads:
                assert await raw.next() == Told(opcode, each)
            await sending

    run(loop, scenario())


@each_loop
def test_every_code_point_is_heard_and_no_half_of_one(loop: str) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=8 * 1024 * 1024) as site, site.line() as raw:
            points = [*range(0xD800), *range(0xE000, 0x110000)]
            payload = "".join(map(chr, points)).encode()
            await raw.send(*cut(payload, 60_001))
            assert await raw.next() == Told(TEXT, payload)

    run(loop, scenario())


# --- Limits


@each_loop
@pytest.mark.parametrize(
    "sent",
    {
        "a frame": [frame(TEXT, b"x" * (LIMIT + 1))],
        "its header": [struct.pack("!BBQ", 0x81, 0xFF, LIMIT + 1)],
        "the largest header": [b"\x82\xff" + b"\xff" * 8],
        "many fragments": [part(TEXT, b"x" * 500)] + [part(CONTINUATION, b"x" * 100)] * 6,
        "the header of a fragment": [part(TEXT, b"x" * LIMIT), b"\x80\x81"],
        "after a ping": [part(TEXT, b"x" * LIMIT), frame(PING, b""), frame(CONTINUATION, b"y")],
    }.values(),
    ids=lambda sent: f"{len(sent)} frames, {len(b''.join(sent))} bytes",
)
@pytest.mark.parametrize("chop", CHOPS)
def test_what_is_too_large_is_refused_by_its_header(
    sent: list[bytes], chop: str, loop: str
) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=LIMIT) as site:
            async with site.line() as raw:
                await raw.send(*sent, chop=chop)
                assert await raw.is_closed_with() == 1009
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_what_is_just_not_too_large_is_heard(loop: str) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=LIMIT) as site, site.line() as raw:
            most = Told(TEXT, b"x" * LIMIT)
            for sent in (
                [frame(TEXT, most.payload)],
                [part(TEXT, b"x" * (LIMIT - 1)), frame(PING, b"y" * 125), frame(0x0, b"x")],
                [part(TEXT, most.payload), frame(CONTINUATION, b"")],
            ):
                await raw.send(*sent)
                while await raw.next() != most:
                    assert raw.told[-1] == Told(0xA, b"y" * 125)

    run(loop, scenario())


@each_loop
def test_a_peer_that_goes_on_after_its_mistake_still_learns_of_it(loop: str) -> None:
    async def scenario() -> None:
        async with serving(ws_max_size=LIMIT) as site, site.line() as raw:
            telling = asyncio.create_task(raw.is_closed_with())
            await raw.send(frame(TEXT, b"x" * 60_000) * 50, chop="frames")
            assert await telling == 1009
            raw.writer.close()
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_a_frame_that_is_not_masked_ends_the_line(loop: str) -> None:
    async def scenario() -> None:
        async with serving() as site:
            for unmasked in (b"\x81\x02hi", b"\x89\x00", b"\x88\x02\x03\xe8"):
                async with site.line() as raw:
                    await raw.send(unmasked)
                    assert await raw.is_closed_with() == 1002

    run(loop, scenario())


@each_loop
def test_every_mask_is_taken_off(loop: str) -> None:
    async def scenario() -> None:
        async with serving() as site, site.line() as raw:
            for size in (1, 3, 4, 5, 64, 1000):
                for key in (b"\0\0\0\0", b"\1\2\3\4", b"\xff\0\xff\0"):
                    payload = bytes(number % 128 for number in range(size))
                    masked = bytes(each ^ key[at % 4] for at, each in enumerate(payload))
                    await raw.send(frame(TEXT, masked).replace(b"\0\0\0\0", key, 1))
                    assert await raw.next() == Told(TEXT, payload)

    run(loop, scenario())


async def test_a_raw_line_reads_what_is_sent() -> None:
    """The tests above would see nothing if it did not."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"\x81\x02hi\x89\x00\x88\x02\x03\xe8")
    reader.feed_eof()
    raw = Raw(reader, None)  # type: ignore[arg-type]
    assert await raw.reads_to_the_end() == [
        Told(TEXT, b"hi"),
        Told(PING, b""),
        Told(CLOSE, b"\x03\xe8"),
    ]
