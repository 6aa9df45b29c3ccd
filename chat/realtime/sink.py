"""Where frames go: the server's side of a line, whichever server it is.

A send costs no task: the server's coroutine is stepped by hand, and is done at once where the
socket takes the bytes. Where it does not, what remains of the coroutine is given back, for
somebody to wait for.
"""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, Protocol

from chat.realtime.parcel import Parcel

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]

# Errors that say something of the code, though they are RuntimeErrors.
MISTAKES = (NotImplementedError, RecursionError)


def is_of_a_line(problem: Exception) -> bool:
    """Whether a server raises it for a line that broke, blocks or is closed: nobody's mistake.

    The line itself: OSError, of which TimeoutError and uvicorn's ClientDisconnected are kinds.
    RuntimeError: uvicorn after a close that it said by itself, uvloop on a transport that is gone,
    autobahn (Disconnected) under daphne.
    """
    return isinstance(problem, OSError | RuntimeError) and not isinstance(problem, MISTAKES)


class Sink(Protocol):
    """The methods return None where the line took it, else what to await. They raise what the line
    does, and are called one after another, never while something is still to be awaited.

    `write_at_once`, where the line takes ready-made frames, is the shortest way for one to many of
    them; it says whether the line takes more, and where it does not, `rest` is what to await.
    """

    @property
    def write_at_once(self) -> Callable[[bytes], bool] | None: ...
    def rest(self) -> Awaitable[None] | None: ...
    def write(self, parcel: Parcel) -> Awaitable[None] | None: ...
    def close(self, code: int) -> Awaitable[None] | None: ...


class SendSink:
    """A `send` of ASGI: the server's own, or the one that Channels hands on."""

    __slots__ = ("send",)
    write_at_once = None

    def __init__(self, send: Send) -> None:
        self.send = send

    def rest(self) -> None:
        """Nothing: `write` waits for the server itself."""

    def write(self, parcel: Parcel) -> Awaitable[None] | None:
        return step(self.send({"type": "websocket.send", "text": parcel.event}))

    def close(self, code: int) -> Awaitable[None] | None:
        # autobahn, under daphne, takes no kind of integer but the plain one.
        return step(self.send({"type": "websocket.close", "code": int(code)}))


class FrameSink:
    """A line that takes ready-made frames."""

    __slots__ = ("send", "wait_until_writable", "write_at_once", "write_frame")

    def __init__(
        self,
        write_at_once: Callable[[bytes], bool],
        write_frame: Callable[[bytes], bool],
        wait_until_writable: Callable[[], Coroutine[Any, Any, None]],
        send: Send,
    ) -> None:
        self.write_at_once = write_at_once
        self.write_frame = write_frame
        self.wait_until_writable = wait_until_writable
        self.send = send

    def write(self, parcel: Parcel) -> Awaitable[None] | None:
        return None if self.write_frame(parcel.frame) else self.rest()

    def rest(self) -> Awaitable[None] | None:
        return step(self.wait_until_writable())

    def close(self, code: int) -> Awaitable[None] | None:
        return step(self.send({"type": "websocket.close", "code": int(code)}))


def step(send: Coroutine[Any, Any, None]) -> Awaitable[None] | None:
    """Run a coroutine up to the first moment at which it waits; None where it does not wait."""
    try:
        waits_for = send.send(None)
    except StopIteration:
        return None
    return rest_of(send, waits_for)


@types.coroutine
def rest_of(send: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """What remains of a coroutine that waits already: a task goes on with it from there."""
    try:
        while True:
            try:
                answer = yield waits_for
            except GeneratorExit:
                send.close()
                raise
            except BaseException as problem:
                waits_for = send.throw(problem)
            else:
                waits_for = send.send(answer)
    except StopIteration:
        return
