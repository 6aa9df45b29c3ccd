"""How a line of ChatApp/lean begins, or is refused in HTTP."""

from typing import Any

import pytest

from tests.faults.attacks import frame
from tests.sockets.bare import becomes_true
from tests.sockets.raw import (
    ACCEPTED,
    HANDSHAKE,
    LOOPS,
    TEXT,
    Application,
    Told,
    echo,
    run,
    serving,
)

each_loop = pytest.mark.parametrize("loop", LOOPS)

REFUSED = {
    "no key": (HANDSHAKE.replace(b"Sec-WebSocket-Key", b"X"), 400),
    "a short key": (HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIA=="), 400),
    "a key that is none": (HANDSHAKE.replace(b"dGhl", b"!!!!"), 400),
    "two keys": (HANDSHAKE + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400),
    "no version": (HANDSHAKE.replace(b"Sec-WebSocket-Version: 13\r\n", b""), 400),
    "an old version": (HANDSHAKE.replace(b"13", b"8"), 400),
    "two origins": (HANDSHAKE + b"Origin: http://a\r\nOrigin: http://b\r\n", 400),
    "another method": (HANDSHAKE.replace(b"GET", b"POST"), 405),
    "two protocols": (HANDSHAKE + b"Upgrade: websocket\r\n", 426),
    "a long header": (HANDSHAKE + b"Cookie: " + b"x" * 10_000 + b"\r\n", 431),
    "many headers": (HANDSHAKE + b"X: y\r\n" * 200, 431),
    "a long address": (HANDSHAKE.replace(b"/ ", b"/" + b"x" * 10_000 + b" "), 414),
}


@each_loop
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_handshake_is_refused(name: str, loop: str) -> None:
    async def scenario() -> None:
        request, status = REFUSED[name]
        async with serving() as site:
            answer = await site.answer(request + b"\r\n")
            assert answer.startswith(b"HTTP/1.1 %d " % status), answer
            assert b"\r\nConnection: close\r\n" in answer
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_a_handshake_is_answered_as_rfc_6455_has_it(loop: str) -> None:
    async def scenario() -> None:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            scopes.append(scope)
            assert await receive() == {"type": "websocket.connect"}
            headers = [(b"X-One", b"1"), (b"x-one", b"2")]
            await send({"type": "websocket.accept", "subprotocol": "chat", "headers": headers})
            await send({"type": "websocket.send", "text": "hello"})
            await receive()

        scopes: list[dict[str, Any]] = []
        request = HANDSHAKE.replace(b"GET /", b"GET /a%20b?c=d%20e")
        extra = b"Sec-WebSocket-Protocol: other, chat\r\nSec-WebSocket-Extensions: x\r\nY: \xe9\r\n"
        async with serving(application) as site, site.plain_line() as raw:
            raw.writer.write(request + extra + b"\r\n")
            first, *lines = (await raw.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
            assert first + b"\r\n" == ACCEPTED
            headers = [tuple(line.lower().split(b": ", 1)) for line in lines]
            assert (b"sec-websocket-accept", b"s3pplmbitxaq9kygzzhzrbk+xoo=") in headers
            assert (b"sec-websocket-protocol", b"chat") in headers
            assert [value for name, value in headers if name == b"x-one"] == [b"1", b"2"]
            names = [name for name, _ in headers]
            assert names.count(b"date") == 1
            assert b"sec-websocket-extensions" not in names
            assert await raw.next() == Told(TEXT, b"hello")
        (scope,) = scopes
        assert scope["path"] == "/a b"
        assert scope["raw_path"] == b"/a%20b"
        assert scope["query_string"] == b"c=d%20e"
        assert scope["subprotocols"] == ["other", "chat"]
        assert (b"y", b"\xe9") in scope["headers"]
        assert (b"host", b"here") in scope["headers"]
        assert scope["client"][0] == scope["server"][0] == "127.0.0.1"
        assert (scope["scheme"], scope["type"]) == ("ws", "websocket")

    run(loop, scenario())


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 4403})
    assert (await receive())["type"] == "websocket.disconnect"


async def deny(scope: Any, receive: Any, send: Any) -> None:
    assert "websocket.http.response" in scope["extensions"]
    headers = [(b"content-type", b"text/html"), (b"x-why", b"because")]
    await send({"type": "websocket.http.response.start", "status": 451, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b"not ", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": b"here"})
    assert (await receive())["type"] == "websocket.connect"
    assert (await receive())["type"] == "websocket.disconnect"


async def fail(scope: Any, receive: Any, send: Any) -> None:
    raise ArithmeticError("as it was told to")


async def do_nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


async def say_before_accepting(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.send", "text": "early"})


async def split_the_answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept", "headers": [(b"x", b"1\r\nSet-Cookie: a=b")]})


@each_loop
@pytest.mark.parametrize(
    ("application", "status", "body"),
    [
        (refuse, 403, b""),
        (deny, 451, b"not here"),
        (fail, 500, b"Internal Server Error"),
        (do_nothing, 500, b"Internal Server Error"),
        (say_before_accepting, 500, b"Internal Server Error"),
        (split_the_answer, 500, b"Internal Server Error"),
    ],
)
def test_an_application_may_refuse(
    application: Application, status: int, body: bytes, loop: str
) -> None:
    async def scenario() -> None:
        async with serving(application) as site:
            head, _, said = (await site.answer(HANDSHAKE + b"\r\n")).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status), head
            assert said == body
            assert b"\r\nContent-Length: %d\r\n" % len(body) in head + b"\r\n"
            assert b"Set-Cookie" not in head
            if application is deny:
                assert b"x-why: because" in head
                assert b"text/plain" not in head
            await site.is_left()

    run(loop, scenario())


@each_loop
def test_who_leaves_during_the_handshake_is_forgotten(loop: str) -> None:
    async def scenario() -> None:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            ends.append((await receive())["code"])
            await echo(scope, receive, send)

        ends: list[int] = []
        async with serving(application) as site:
            async with site.plain_line() as raw:
                raw.writer.write(HANDSHAKE + b"\r\n" + frame(TEXT, b"x"))
                await becomes_true(lambda: site.server.server_state.tasks)
            await site.is_left()
            assert ends == [1006]

    run(loop, scenario())


@each_loop
def test_a_stop_during_the_handshake_refuses_it(loop: str) -> None:
    async def scenario() -> None:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            while (await receive())["type"] != "websocket.disconnect":
                pass

        async with serving(application) as site, site.plain_line() as raw:
            raw.writer.write(HANDSHAKE + b"\r\n")
            await becomes_true(lambda: site.server.server_state.tasks)
            site.server.should_exit = True
            assert (await raw.reader.read()).startswith(b"HTTP/1.1 500 ")

    run(loop, scenario())
