"""ChatApp/lean on real sockets: who takes more than a share, who takes nothing, and every end."""

import asyncio
import gc
import random
import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from uvicorn.protocols.utils import ClientDisconnected

from ChatApp.lean import line as lean_line
from ChatApp.lean.frames import Frame, frame_of
from ChatApp.lean.line import IDLE_FRAMES_A_SECOND
from ChatApp.lean.protocol import UNHEARD_MESSAGES, LeanProtocol
from ChatApp.lean.reading import FRAMES_A_TURN
from tests.faults.attacks import frame
from tests.sockets.bare import becomes_true
from tests.sockets.raw import (
    CLOSE,
    HANDSHAKE,
    LOOPS,
    PING,
    PONG,
    TEXT,
    Raw,
    Site,
    Told,
    close,
    part,
    run,
    serving,
)

NOTHING = {"pings": frame(PING, b""), "pongs": frame(PONG, b""), "fragments": part(0x0, b"")}

each_loop = pytest.mark.parametrize("loop", LOOPS)


class Listener:
    """An application that hears, and does what it is told to."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.ends: list[int] = []
        self.listens = asyncio.Event()
        self.listens.set()
        self.scope: dict[str, Any] = {}
        self.send: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope, self.send = scope, send
        await receive()
        await send({"type": "websocket.accept"})
        await self.listens.wait()
        while (event := await receive())["type"] == "websocket.receive":
            self.heard.append(event["text"])
            if event["text"] == "close!":
                await send({"type": "websocket.close", "code": 4000})
            elif event["text"] == "fail!":
                raise ArithmeticError("as it was told to")
            elif event["text"] == "leave!":
                return
        self.ends.append(event["code"])
        # However often it is asked.
        assert await receive() == event

    @property
    def frames(self) -> Any:
        """`write_at_once`, `write_frame` and `wait_until_writable`."""
        return self.scope["extensions"]["chatapp.frames"]


class Watched(LeanProtocol):
    """Remembers how much it did in each turn of the loop."""

    __slots__ = ("frames_in_turn",)
    made: list["Watched"] = []
    turn = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.frames_in_turn: Counter[int] = Counter()
        Watched.made.append(self)

    def take_frame(self, frame: Frame) -> None:
        self.frames_in_turn[Watched.turn] += 1
        super().take_frame(frame)

    @classmethod
    async def count_turns(cls) -> None:
        while True:
            cls.turn += 1
            await asyncio.sleep(0)


def protocol_of(site: Site) -> LeanProtocol:
    (protocol,) = site.server.server_state.connections
    assert isinstance(protocol, LeanProtocol)
    return protocol


def numbers(count: int) -> tuple[list[str], bytes]:
    texts = [f"{number:020}" for number in range(count)]
    return texts, b"".join(frame(TEXT, text.encode()) for text in texts)


# --- More than a share


@each_loop
@pytest.mark.parametrize("ending", ["close", "end of file"])
def test_a_burst_is_heard_whole_and_in_order_to_the_end(ending: str, loop: str) -> None:
    async def scenario() -> None:
        texts, burst = numbers(20_000)
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            raw.writer.write(burst)
            if ending == "close":
                raw.writer.write(close(1000))
                assert await raw.is_closed_with() == 1000
            else:
                raw.writer.write_eof()
            await becomes_true(lambda: listener.ends)
            assert listener.heard == texts
            assert listener.ends == [1000 if ending == "close" else 1006]

    run(loop, scenario())


@each_loop
def test_a_burst_is_handled_in_turns_between_which_others_have_theirs(loop: str) -> None:
    async def scenario() -> None:
        count = 20_000
        listener = Listener()
        Watched.made.clear()
        async with serving(listener, Watched) as site, site.line() as raw:
            turns = asyncio.create_task(Watched.count_turns())
            raw.writer.write(part(TEXT, b"x") + part(0x0, b"x") * count + frame(0x0, b"x"))
            await becomes_true(lambda: listener.heard)
            turns.cancel()
            assert listener.heard == ["x" * (count + 2)]
            done = Watched.made[0].frames_in_turn
            assert sum(done.values()) == count + 2
            # What came in by itself, and the turn that was waiting for it.
            assert max(done.values()) <= 2 * FRAMES_A_TURN

    run(loop, scenario())


@each_loop
@pytest.mark.parametrize("kind", NOTHING)
def test_who_says_nothing_too_often_is_told_so_and_cut(kind: str, loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site:
            async with site.line() as raw:
                raw.writer.write(part(TEXT, b"x") + NOTHING[kind] * IDLE_FRAMES_A_SECOND)
                raw.writer.write(frame(0x0, b"y"))
                await becomes_true(lambda: listener.heard == ["xy"])
                raw.writer.write(part(TEXT, b"x") + NOTHING[kind] * 10_000)
                assert await raw.is_closed_with() == 1008
            await becomes_true(lambda: listener.ends == [1008])
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_who_says_nothing_now_and_then_may_go_on(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            for _ in range(3):
                raw.writer.write(NOTHING["pongs"] * IDLE_FRAMES_A_SECOND + frame(TEXT, b"x"))
                count = len(listener.heard) + 1
                await becomes_true(lambda count=count: len(listener.heard) == count)
                protocol_of(site).second_began -= 1
            assert not listener.ends

    run(loop, scenario())


@each_loop
def test_an_application_that_hears_nothing_holds_up_its_peer_and_no_memory(loop: str) -> None:
    async def scenario() -> None:
        texts, burst = numbers(100_000)
        listener = Listener()
        listener.listens.clear()
        async with serving(listener) as site, site.line() as raw:
            raw.writer.write(burst)
            protocol = protocol_of(site)
            await becomes_true(lambda: protocol.is_paused and not protocol.is_due)
            assert len(protocol.unheard) == UNHEARD_MESSAGES
            assert len(protocol.waiting) < 1024 * 1024
            listener.listens.set()
            await becomes_true(lambda: len(listener.heard) == len(texts))
            assert listener.heard == texts

    run(loop, scenario())


@each_loop
def test_a_line_that_is_lost_within_a_burst_is_over(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            raw.writer.write(numbers(20_000)[1])
            await becomes_true(lambda: listener.heard)
            protocol = protocol_of(site)
            protocol.transport.abort()
            await becomes_true(lambda: listener.ends == [1006])
            assert not protocol.waiting
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_frames_before_the_handshake_is_answered_are_heard_after_it(loop: str) -> None:
    async def scenario() -> None:
        answers = asyncio.Event()

        async def slow_to_accept(scope: Any, receive: Any, send: Any) -> None:
            await answers.wait()
            await listener(scope, receive, send)

        listener = Listener()
        texts, burst = numbers(10_000)
        async with serving(slow_to_accept, ws_max_size=64 * 1024) as site, site.plain_line() as raw:
            await raw.send(HANDSHAKE + b"\r\n")
            await becomes_true(lambda: site.server.server_state.tasks)
            raw.writer.write(frame(PING, b"?") + burst)
            protocol = protocol_of(site)
            await becomes_true(lambda: protocol.is_paused)
            answers.set()
            assert (await raw.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            assert await raw.next() == Told(PONG, b"?")
            await becomes_true(lambda: len(listener.heard) == len(texts))

    run(loop, scenario())


# --- Nothing is taken


def stalled(site: Site, raw: Raw) -> LeanProtocol:
    """A line whose peer reads nothing, with little room between them."""
    protocol = protocol_of(site)
    listening = protocol.transport.get_extra_info("socket")
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    raw.reader._transport.pause_reading()  # type: ignore[attr-defined]
    return protocol


async def fill(protocol: LeanProtocol, write: Callable[[bytes], bool]) -> int:
    """Write until nothing more is taken, and more than the buffers hold; how many frames that were.

    Without the last, large one the system would find some room yet, now and then.
    """
    count = 0
    while protocol.blocked is None:
        write(frame_of(TEXT, b"x" * 8000))
        count += 1
        await asyncio.sleep(0)
    write(frame_of(TEXT, bytes(1_000_000)))
    return count + 1


@each_loop
@pytest.mark.parametrize("way", [0, 1], ids=["at once", "through the transport"])
def test_ready_frames_go_to_the_line_until_it_is_full_and_again_when_it_is_not(
    way: int, loop: str
) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            await becomes_true(lambda: protocol_of(site).is_open)
            protocol = stalled(site, raw)
            write, wait = listener.frames[way], listener.frames[2]
            assert write(frame_of(TEXT, b"first"))
            await wait()
            count = await fill(protocol, write)
            waits = asyncio.create_task(wait())
            await asyncio.sleep(0.05)
            assert not waits.done()
            raw.reader._transport.resume_reading()  # type: ignore[attr-defined]
            await waits
            assert write(frame_of(TEXT, b"last"))
            while (await raw.next()).payload != b"last":
                pass
            assert raw.told[0] == Told(TEXT, b"first")
            assert len(raw.told) == count + 2

    run(loop, scenario())


@each_loop
def test_frames_come_whole_and_in_order_whichever_way_they_went(loop: str) -> None:
    chance = random.Random(23)

    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            await becomes_true(lambda: protocol_of(site).is_open)
            protocol = stalled(site, raw)
            ways, texts, parts = listener.frames[:2], [], 0
            for number in range(600):
                texts.append(b"%d:" % number + b"x" * chance.choice([0, 9, 300, 5_000, 70_000]))
                if number % 97 == 5:
                    protocol.take_ping(b"%d" % number)
                chance.choice(ways)(frame_of(TEXT, texts[-1]))
                parts += protocol.transport.get_write_buffer_size() not in (0, len(texts[-1]))
                if chance.random() < 0.1:  # some of it is taken
                    raw.reader._transport.resume_reading()  # type: ignore[attr-defined]
                    await asyncio.sleep(0)
                    raw.reader._transport.pause_reading()  # type: ignore[attr-defined]
            raw.reader._transport.resume_reading()  # type: ignore[attr-defined]
            while len([told for told in raw.told if told.opcode == TEXT]) < len(texts):
                await raw.next()
            assert [told.payload for told in raw.told if told.opcode == TEXT] == texts
            assert parts, "none was cut in two"

    run(loop, scenario())


@each_loop
def test_under_tls_nothing_goes_past_the_transport(loop: str, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)

    async def scenario() -> None:
        listener = Listener()
        trusting = ssl.create_default_context(cafile=certificate)
        async with serving(listener, ssl_keyfile=key, ssl_certfile=certificate) as site:
            reader, writer = await asyncio.open_connection("localhost", site.port, ssl=trusting)
            writer.write(HANDSHAKE + b"\r\n")
            await reader.readuntil(b"\r\n\r\n")
            assert listener.frames[0](frame_of(TEXT, b"in private"))
            assert await Raw(reader, writer).next() == Told(TEXT, b"in private")
            writer.close()

    run(loop, scenario())


def make_certificate(folder: Path) -> tuple[str, str]:
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 "
        f"-addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    return key, certificate


@each_loop
def test_of_many_pings_only_the_last_is_answered_where_the_line_is_full(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            await becomes_true(lambda: protocol_of(site).is_open)
            protocol = stalled(site, raw)
            await fill(protocol, protocol.write_frame)
            waiting = protocol.transport.get_write_buffer_size()
            await raw.send(*(frame(PING, b"%d" % number) for number in range(50)))
            await becomes_true(lambda: protocol.owed_pong == b"49")
            assert protocol.transport.get_write_buffer_size() <= waiting
            raw.reader._transport.resume_reading()  # type: ignore[attr-defined]
            while (await raw.next()).opcode != PONG:
                pass
            assert raw.told[-1] == Told(PONG, b"49")

    run(loop, scenario())


@each_loop
def test_a_ready_frame_after_the_end_is_refused(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site:
            for end in (b"close!", None):
                async with site.line() as raw:
                    await becomes_true(lambda: site.server.server_state.connections)
                    if end:
                        raw.writer.write(frame(TEXT, end) + close(4000))
                        assert await raw.is_closed_with() == 4000
                    else:
                        protocol_of(site).transport.abort()
                await site.is_left()
                for write in listener.frames[:2]:
                    with pytest.raises(ClientDisconnected):
                        write(frame_of(TEXT, b"late"))
                with pytest.raises(ClientDisconnected):
                    await listener.frames[2]()
                with pytest.raises(ClientDisconnected):
                    await listener.send({"type": "websocket.send", "text": "late"})

    run(loop, scenario())


@each_loop
def test_who_waits_for_a_line_that_is_lost_is_told(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            await becomes_true(lambda: protocol_of(site).is_open)
            protocol = stalled(site, raw)
            await fill(protocol, protocol.write_frame)
            waits = asyncio.create_task(listener.send({"type": "websocket.send", "text": "never"}))
            await asyncio.sleep(0.02)
            assert not waits.done()
            protocol.transport.abort()
            with pytest.raises(ClientDisconnected):
                await waits

    run(loop, scenario())


@each_loop
@pytest.mark.parametrize("ending", ["leave!", "a close of its own"])
def test_what_is_left_for_a_peer_that_takes_nothing_is_dropped_soon(
    ending: str, loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(lean_line, "CLOSE_SECONDS", 0.3)
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            await becomes_true(lambda: protocol_of(site).is_open)
            protocol = stalled(site, raw)
            for _ in range(1000):
                protocol.write_frame(frame_of(TEXT, b"x" * 8000))
            leaves = ending == "leave!"
            raw.writer.write(frame(TEXT, b"leave!") if leaves else close(1000))
            await site.is_left()

    run(loop, scenario())


# --- Is anybody there


@each_loop
def test_who_answers_pings_stays_and_who_does_not_is_told_why(loop: str) -> None:
    async def scenario() -> None:
        async with serving(Listener(), ws_ping_interval=0.1, ws_ping_timeout=0.5) as site:
            async with site.line() as honest, site.line() as silent:
                cheating = asyncio.create_task(silent.is_closed_with())
                pongs = 0
                while not cheating.done():
                    ping = await honest.next()
                    assert ping.opcode == PING
                    assert len(ping.payload) == 4
                    honest.writer.write(frame(PONG, ping.payload))
                    # An answer to nothing is none.
                    with suppress(OSError, RuntimeError):
                        silent.writer.write(frame(PONG, b"guess"))
                    pongs += 1
                assert await cheating == 1011
                assert [told.opcode for told in silent.told] == [PING, CLOSE]
                for _ in range(3):
                    honest.writer.write(frame(PONG, (await honest.next()).payload))
                assert pongs >= 3
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_nobody_is_given_up_whose_answer_is_not_read_yet(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        listener.listens.clear()
        texts, burst = numbers(1000)
        often = {"ws_ping_interval": 0.05, "ws_ping_timeout": 0.1}
        async with serving(listener, **often) as site, site.line() as raw:
            raw.writer.write(burst)
            raw.writer.write(frame(PONG, (await raw.next()).payload))
            await asyncio.sleep(0.5)
            listener.listens.set()
            await becomes_true(lambda: listener.heard == texts)
            assert (await raw.next()).opcode == PING

    run(loop, scenario())


# --- Ends


@each_loop
def test_a_close_by_the_application_is_answered_however_much_waits(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            raw.writer.write(frame(TEXT, b"close!") + numbers(2000)[1])
            raw.writer.write(frame(PING, b"still here") + close(4000))
            assert await raw.is_closed_with() == 4000
            assert len(listener.heard) <= UNHEARD_MESSAGES
            assert listener.ends == [4000]
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_who_does_not_answer_a_close_is_cut(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(lean_line, "CLOSE_SECONDS", 0.1)
        async with serving(Listener()) as site, site.line() as raw:
            raw.writer.write(frame(TEXT, b"close!"))
            assert await raw.next() == Told(CLOSE, b"\x0f\xa0")
            await site.is_left()
            assert not await raw.reader.read()

    run(loop, scenario())


@each_loop
@pytest.mark.parametrize(("order", "code"), [("fail!", 1011), ("leave!", None)])
def test_an_application_that_ends_ends_the_line(order: str, code: int | None, loop: str) -> None:
    async def scenario() -> None:
        async with serving(Listener()) as site, site.line() as raw:
            raw.writer.write(frame(TEXT, order.encode()))
            assert await raw.is_closed_with() == code
            raw.writer.close()
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_a_stop_says_1012_to_all_and_1006_to_none(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as one, site.line() as two:
            await becomes_true(lambda: len(site.server.server_state.connections) == 2)
            site.server.should_exit = True
            assert {await one.is_closed_with(), await two.is_closed_with()} == {1012}
            await becomes_true(lambda: listener.ends == [1012, 1012])

    run(loop, scenario())


@each_loop
def test_a_stop_within_a_burst_ends_it(loop: str) -> None:
    async def scenario() -> None:
        listener = Listener()
        async with serving(listener) as site, site.line() as raw:
            raw.writer.write(numbers(20_000)[1])
            await becomes_true(lambda: listener.heard)
            site.server.should_exit = True
            # What is unread in a line when it ends resets it: then the code may not arrive.
            assert await raw.is_closed_with() in {1012, None}
            await becomes_true(lambda: listener.ends)

    run(loop, scenario())


@each_loop
def test_nothing_of_a_line_is_left_in_memory(loop: str) -> None:
    async def scenario() -> None:
        async with serving() as site:
            gc.collect()
            gc.disable()
            try:
                for end in (close(1000), frame(TEXT, b"x"), b"\xff\xff", b""):
                    async with site.line() as raw:
                        raw.writer.write(end)
                        raw.writer.write_eof()
                        await raw.reads_to_the_end()
                    await site.is_left()
                    await asyncio.sleep(0.02)
                    # Without the garbage collector.
                    assert not [each for each in gc.get_objects() if type(each) is LeanProtocol]
            finally:
                gc.enable()

    run(loop, scenario())
