"""One line that takes more than its share: uvicorn's protocol as ChatApp/websockets.py bounds it.

uvicorn itself with an application that only listens, in both loops: what is pinned here is what
our protocol needs of uvicorn's, which has no public interface for it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.server import ServerProtocol

from ChatApp.websockets import IDLE_FRAMES_A_SECOND, FairProtocol
from tests.faults.attacks import frame
from tests.sockets.bare import PATIENCE_SECONDS, Site, Watched, becomes_true, serving

# The most that either loop reads at once.
READ_BYTES = 256 * 1024
FRAMES_A_TURN = 600
NOTHING = {
    "pings": frame(0x9, b""),
    "pongs": frame(0xA, b""),
    "fragments": frame(0x0, b"", fin=False),
}

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Run:
    def run(scenario: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(scenario, PATIENCE_SECONDS))

    return run


def numbers(count: int) -> tuple[list[str], bytes]:
    texts = [f"{number:020}" for number in range(count)]
    return texts, b"".join(frame(0x1, text.encode()) for text in texts)


def here(address: str) -> connect:
    return connect(address, ping_interval=None, max_queue=None, close_timeout=2)


async def is_closed_with(line: ClientConnection) -> int | None:
    with suppress(ConnectionClosed):
        while True:
            await line.recv()
    return line.close_code


@pytest.mark.parametrize("ending", ["close", "end of file"])
def test_a_burst_is_heard_whole_and_in_order_to_the_end_of_the_line(run: Run, ending: str) -> None:
    async def scenario() -> None:
        texts, burst = numbers(20_000)
        async with serving() as (site, address, _), here(address) as line:
            if ending == "close":
                line.transport.write(burst + frame(0x8, b"\x03\xe8"))
                assert await is_closed_with(line) == 1000
            else:
                line.transport.write(burst)
                line.transport.write_eof()
            await site.until(lambda: bool(site.ends))
            assert site.heard == texts
            assert not Watched.made[0].came_too_early

    run(scenario())


def test_a_burst_is_handled_in_slices_between_which_others_have_their_turn(run: Run) -> None:
    async def scenario() -> None:
        count = 100_000
        small = frame(0x0, b"x", fin=False)
        async with serving() as (site, address, _), here(address) as line:
            line.transport.write(frame(0x1, b"x", fin=False) + small * count + frame(0x0, b"x"))
            await site.until(lambda: bool(site.heard))
            assert site.heard == ["x" * (count + 2)]
            turns = Watched.made[0].frames_in_turn
            assert sum(turns.values()) == count + 1
            assert max(turns.values()) <= FRAMES_A_TURN
            assert not Watched.made[0].came_too_early

    run(scenario())


def test_nothing_is_read_while_something_waits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with serving() as (site, address, _):
            site.listens.clear()
            monkeypatch.setattr(Watched, "after_slice", site.listens.set)
            async with here(address) as line:
                # The application takes the first, and uvicorn resumes, amid the second.
                line.transport.write(frame(0x1, b"first") + frame(0x1, b"x" * 60_000))
                line.transport.write(frame(0x1, b"third") * 30_000)
                await site.until(lambda: len(site.heard) == 30_002)
            assert not Watched.made[0].came_too_early

    run(scenario())


@pytest.mark.parametrize("kind", NOTHING)
def test_who_says_nothing_too_often_is_told_so_and_cut(run: Run, kind: str) -> None:
    async def scenario() -> None:
        async with serving() as (site, address, _), here(address) as line:
            line.transport.write(frame(0x1, b"x", fin=False) + NOTHING[kind] * IDLE_FRAMES_A_SECOND)
            line.transport.write(frame(0x0, b"y"))
            await site.until(lambda: site.heard == ["xy"])
            line.transport.write(frame(0x1, b"x", fin=False) + NOTHING[kind])
            assert await is_closed_with(line) == 1008
            await site.until(lambda: bool(site.ends))

    run(scenario())


def test_a_line_that_is_lost_within_a_burst_is_over(run: Run) -> None:
    async def scenario() -> None:
        _, burst = numbers(20_000)
        async with serving() as (site, address, server), here(address) as line:
            line.transport.write(burst)
            await site.until(lambda: bool(site.heard))
            Watched.made[0].transport.abort()
            await site.until(lambda: bool(site.ends))
            assert not Watched.made[0].waiting
            assert not server.server_state.connections

    run(scenario())


def test_a_close_by_the_application_is_answered_however_much_waits(run: Run) -> None:
    async def scenario() -> None:
        _, burst = numbers(2000)
        async with serving() as (site, address, server), here(address) as line:
            line.transport.write(frame(0x1, b"close!") + burst)
            assert await is_closed_with(line) == 4000
            await site.until(lambda: bool(site.ends))
            assert len(site.heard) < 2000
            # The peer's answer is behind the burst.
            await becomes_true(lambda: not server.server_state.connections)

    run(scenario())


def test_a_stop_within_a_burst_says_1012(run: Run) -> None:
    async def scenario() -> None:
        _, burst = numbers(20_000)
        async with serving() as (site, address, server), here(address) as line:
            line.transport.write(burst)
            await site.until(lambda: bool(site.heard))
            server.should_exit = True
            # What is unread in a line when it ends resets it: then the code may not arrive.
            assert await is_closed_with(line) in {1012, 1006}
            await site.until(lambda: bool(site.ends))

    run(scenario())


def test_an_application_that_hears_nothing_holds_up_its_peer_and_no_memory(run: Run) -> None:
    async def scenario() -> None:
        texts, burst = numbers(50_000)
        async with serving() as (site, address, _):
            site.listens.clear()
            async with here(address) as line:
                line.transport.write(burst)
                protocol = Watched.made[0]
                await becomes_true(lambda: protocol.read_paused and not protocol.waiting)
                assert protocol.queue.qsize() * len(texts[0]) < READ_BYTES
                site.listens.set()
                await site.until(lambda: len(site.heard) == len(texts))
            assert site.heard == texts

    run(scenario())


def test_a_request_that_is_too_large_is_refused(run: Run) -> None:
    async def scenario() -> None:
        async with serving() as (_, address, _):
            host, port = address.removeprefix("ws://").rstrip("/").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(
                b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"Cookie: " + b"x" * 10_000 + b"\r\n\r\n"
            )
            assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")
            assert (await reader.read()).endswith(b".\n")
            writer.close()

    run(scenario())


async def test_uvicorn_still_has_what_our_protocol_builds_on() -> None:
    overridden = set(vars(FairProtocol)) & set(vars(WebSocketsSansIOProtocol))
    assert {"data_received", "receive", "handle_ping", "handle_pong", "handle_cont"} <= overridden
    protocol = WebSocketsSansIOProtocol(uvicorn.Config(Site), uvicorn.server.ServerState(), {})
    for name in ("handshake_initiated", "read_paused", "close_sent", "conn", "transport", "loop"):
        assert hasattr(protocol, name), name
    assert {"fail", "data_to_send"} <= set(dir(ServerProtocol))
    assert hasattr(protocol.conn, "handshake_exc")
