"""Uvicorn's end of a line, and the application's: ASGI over a WebSocket.

The application may take ready-made frames to the line itself, past ASGI's `send`: the extension
`chatapp.frames` in its scope is `write_at_once`, `write_frame` and `wait_until_writable`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast
from urllib.parse import unquote
from weakref import WeakKeyDictionary

from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from ChatApp.asgi_types import Message, Scope
from ChatApp.lean.exchange import Exchange
from ChatApp.lean.frames import close_frame
from ChatApp.lean.handshake import RawHeaders, acceptance, opening, refusal
from ChatApp.lean.line import Line

log = logging.getLogger("uvicorn.error")

# What an application may have before it that it has not asked for. Then nothing more is read.
UNHEARD_MESSAGES = 32
UNHEARD_CHARS = 64 * 1024

# The same for all: a connection keeps its scope for as long as some middleware does.
SPOKEN = {version: {"version": version, "spec_version": "2.4"} for version in ("2.0", "3.0")}

EXCHANGES: WeakKeyDictionary[ServerState, Exchange] = WeakKeyDictionary()


def exchange_of(config: Config, server_state: ServerState) -> Exchange:
    exchange = EXCHANGES.get(server_state)
    if exchange is None:
        exchange = EXCHANGES[server_state] = Exchange(
            asyncio.get_running_loop(),
            config.ws_max_size,
            config.ws_ping_interval or 0,
            config.ws_ping_timeout or 0,
        )
    return exchange


class LeanProtocol(Line):
    """For `uvicorn.Config(ws=…)`. Reads no `permessage-deflate`."""

    __slots__ = (
        "app_state",
        "config",
        "denial",
        "disconnect",
        "response",
        "server_state",
        "unheard",
        "unheard_chars",
        "waiter",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        super().__init__(exchange_of(config, server_state))
        self.config = config
        self.server_state = server_state
        self.app_state = app_state
        # The answer that the application may still refuse to give.
        self.response: Response | None = None
        # An answer of HTTP instead, as far as it is there.
        self.denial: tuple[int, RawHeaders, bytes] | None = None
        self.unheard: list[Message] = []
        self.unheard_chars = 0
        self.disconnect: Message | None = None
        # The application waits for something to hear.
        self.waiter: asyncio.Future[None] | None = None

    # --- What uvicorn calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's do not inherit from it
        self.server_state.connections.add(self)  # type: ignore[arg-type]  # it names its own

    def connection_lost(self, exc: Exception | None) -> None:
        self.server_state.connections.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete or self.response is not None:
            super().data_received(data)
        elif not self.is_deaf:
            self.take_request(data)

    def shutdown(self) -> None:
        """The server ends: whoever has been told goodbye already is not waited for any longer."""
        if self.is_open:
            self.say_goodbye(close_frame(CloseCode.SERVICE_RESTART, ""))
            self.ended(CloseCode.SERVICE_RESTART, "")
        elif not self.handshake_complete:
            self.refuse(500, body=b"Internal Server Error")
        self.hang_up()

    # --- The handshake

    def take_request(self, data: bytes) -> None:
        request, answer, response = opening(data)
        if request is None or response is None:
            self.transport.write(answer)
            self.close_sent = True
            self.hang_up()
            return
        self.response = response
        self.unheard.append({"type": "websocket.connect"})
        conversation = self.converse(self.scope_of(request))
        task = self.exchange.loop.create_task(conversation)
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    def scope_of(self, request: Request) -> Scope:
        path, _, query = request.path.partition("?")
        protocols = request.headers.get_all("Sec-WebSocket-Protocol")
        root = self.config.root_path
        return {
            "type": "websocket",
            "asgi": SPOKEN[self.config.asgi_version],
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self.transport) else "ws",
            "server": get_local_addr(self.transport),
            "client": get_remote_addr(self.transport),
            "root_path": root,
            "path": root + unquote(path),
            "raw_path": (root + path).encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": [
                (name.encode("ascii"), value.encode("latin-1"))
                for name, value in request.headers.raw_items()
            ],
            "subprotocols": [name.strip() for names in protocols for name in names.split(",")],
            "state": self.app_state.copy(),
            "extensions": {
                "websocket.http.response": {},
                "chatapp.frames": (
                    self.write_at_once,
                    self.write_frame,
                    self.wait_until_writable,
                ),
            },
        }

    async def converse(self, scope: Scope) -> None:
        """Run the application for as long as the line is there."""
        try:
            conversation = self.config.loaded_app(scope, self.receive, self.send)
            del scope  # it is the application's alone
            await conversation
        except ClientDisconnected:
            pass
        except BaseException:
            log.exception("Exception in ASGI application\n")
            self.give_up()
        else:
            if not self.handshake_complete and not self.is_deaf:
                log.error("ASGI callable returned without completing handshake.")
                self.give_up()
        if self.ending is None:
            self.hang_up()

    def give_up(self) -> None:
        """The application failed: say so, in whatever is spoken."""
        if self.is_open:
            self.fail(CloseCode.INTERNAL_ERROR, "")
        elif not self.handshake_complete and self.denial is None:
            self.refuse(500, body=b"Internal Server Error")

    # --- What the application hears

    def has_room(self) -> bool:
        is_free = len(self.unheard) < UNHEARD_MESSAGES and self.unheard_chars < UNHEARD_CHARS
        return is_free or self.close_sent

    def heard(self, message: str | bytes) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        self.unheard.append({"type": "websocket.receive", kind: message})
        self.unheard_chars += len(message)
        self.wake()

    def ended(self, code: int, reason: str) -> None:
        if self.disconnect is None:
            self.disconnect = {"type": "websocket.disconnect", "code": code, "reason": reason}
            self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def receive(self) -> Message:
        """What was heard next; at the end websocket.disconnect, as often as it is asked for.

        One at a time may wait.
        """
        while not self.unheard:
            if self.disconnect is not None:
                return self.disconnect
            self.waiter = self.exchange.loop.create_future()
            await self.waiter
        event = self.unheard.pop(0)
        if not self.unheard:
            self.waiter = None
            self.unheard_chars = 0
            if self.is_paused:
                self.go_on()
        return event

    # --- What the application says

    async def send(self, message: Message) -> None:
        """Raises ClientDisconnected on a line that is gone."""
        if self.blocked is not None:
            await self.wait_until_writable()
        if self.transport.is_closing() or self.is_deaf:
            raise ClientDisconnected
        if self.denial is not None:
            self.deny_on(message)
        elif self.response is not None:
            self.answer(message, self.response)
        elif self.close_sent:
            raise RuntimeError(f"There is no {message['type']!r} after 'websocket.close'.")
        else:
            self.speak(message)

    def answer(self, message: Message, response: Response) -> None:
        """To the handshake."""
        match message["type"]:
            case "websocket.accept":
                headers = [*self.server_state.default_headers, *message.get("headers", ())]
                self.response = None
                self.open(acceptance(response, headers, message.get("subprotocol")))
            case "websocket.close":
                self.refuse(403)
            case "websocket.http.response.start":
                self.denial = (message["status"], list(message.get("headers", ())), b"")
            case other:
                raise RuntimeError(f"{other!r} is no answer to a handshake.")

    def deny_on(self, message: Message) -> None:
        if message["type"] != "websocket.http.response.body" or self.denial is None:
            raise RuntimeError(f"{message['type']!r} does not go on with a response of HTTP.")
        status, headers, body = self.denial
        body += message.get("body", b"")
        self.denial = (status, headers, body)
        if not message.get("more_body", False):
            self.refuse(status, headers, body)

    def refuse(self, status: int, headers: RawHeaders | None = None, body: bytes = b"") -> None:
        """Answer in HTTP, and that was it."""
        self.response = None
        self.close_sent = True
        self.transport.write(refusal(status, headers or [], body))
        self.ended(CloseCode.ABNORMAL_CLOSURE, "")
        self.hang_up()

    def speak(self, message: Message) -> None:
        match message["type"]:
            case "websocket.send":
                said = message.get("bytes")
                if said is None:
                    said = message.get("text")
                if said is not None:
                    self.say(said)
            case "websocket.close":
                self.close(message.get("code", 1000), message.get("reason") or "")
            case other:
                raise RuntimeError(f"{other!r} is nothing that a socket takes.")
