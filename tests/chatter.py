"""Somebody in front of the chat without a browser: signed in over HTTP, talking on sockets."""

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.running import RunningServer

Frame = dict[str, Any]
PASSWORD = "correct horse battery staple"
PATIENCE_SECONDS = 10.0


class Chatter:
    """A person with one browser, which holds one session."""

    def __init__(self, server: RunningServer, username: str) -> None:
        self.server = server
        self.username = username
        self.web = httpx.AsyncClient(base_url=server.address, follow_redirects=True, timeout=20)

    def at(self, server: RunningServer) -> "Chatter":
        """The same browser in front of another process of the same chat."""
        other = Chatter(server, self.username)
        other.web.cookies = self.web.cookies
        return other

    async def sign_up(self) -> "Chatter":
        answer = await self.submit(
            "/accounts/signup/",
            username=self.username,
            email=f"{self.username}@example.org",
            password1=PASSWORD,
            password2=PASSWORD,
        )
        assert answer.url.path == "/chat/", answer.text
        return self

    async def sign_in(self, password: str = PASSWORD) -> "Chatter":
        answer = await self.submit("/accounts/login/", login=self.username, password=password)
        assert answer.url.path == "/chat/", answer.text
        return self

    async def sign_out(self) -> None:
        await self.submit("/accounts/logout/")

    async def submit(self, path: str, **fields: str) -> httpx.Response:
        """Open a page and send its form."""
        page = await self.web.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text
        headers = {"Referer": self.server.address + path}
        return await self.web.post(
            path, data={"csrfmiddlewaretoken": token[1], **fields}, headers=headers
        )

    async def post_json(self, path: str, body: Any, **headers: str) -> httpx.Response:
        token = self.web.cookies.get("csrftoken") or ""
        return await self.web.post(path, json=body, headers={"X-CSRFToken": token, **headers})

    async def upload(self, room: str, content: bytes, name: str = "notes.txt") -> httpx.Response:
        headers = {"X-CSRFToken": self.web.cookies.get("csrftoken") or ""}
        files = {"file": (name, content)}
        return await self.web.post(f"/chat/{room}/uploads/", files=files, headers=headers)

    async def make_room(self, name: str | None = None) -> str:
        """The slug of a new room, or of the one that has this name."""
        answer = await self.post_json("/chat/", {"name": name or f"Room {uuid.uuid4().hex[:8]}"})
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["room"])

    @property
    def cookie(self) -> str:
        return f"sessionid={self.web.cookies['sessionid']}"

    async def connect(self, address: str = "", *, origin: str | None = None) -> "Socket":
        """A connection, at whatever frame it is; `address` follows /ws/chat/."""
        line = await connect(
            self.server.socket_address + address,
            additional_headers={"Cookie": self.cookie},
            origin=origin,  # type: ignore[arg-type]
            max_size=None,
            # With a bound, a line with unread frames would not see the answer to its close.
            max_queue=None,
            ping_interval=None,
        )
        return Socket(line, self.username)

    @asynccontextmanager
    async def socket(
        self, address: str = "", *, origin: str | None = None
    ) -> AsyncIterator["Socket"]:
        """The same, until the end of the block."""
        socket = await self.connect(address, origin=origin)
        async with socket.line:
            yield socket

    @asynccontextmanager
    async def tab(self, room: str, *, batch: bool = False) -> AsyncIterator["Socket"]:
        """A connection that is in the room: welcomed and subscribed."""
        async with self.socket(f"{room}/{'?batch=1' if batch else ''}") as socket:
            socket.room = room
            await socket.sees("welcome")
            await socket.sees("room.subscribed")
            yield socket


class Socket:
    """One connection. Remembers every frame it got, in order."""

    def __init__(self, line: ClientConnection, username: str) -> None:
        self.line = line
        self.username = username
        self.room = ""
        self.got: list[Frame] = []
        self.frames: list[str] = []
        self.unseen: list[Frame] = []

    async def send(self, **command: Any) -> None:
        await self.line.send(json.dumps(command))

    async def send_raw(self, frame: str | bytes) -> None:
        await self.line.send(frame)

    async def post(self, message: str, **fields: Any) -> Frame:
        """Post and wait for the ack (or the error)."""
        client_id = fields.pop("client_id", str(uuid.uuid4()))
        await self.send(type="message.post", message=message, client_id=client_id, **fields)
        return await self.sees(
            "ack", "error", where=lambda frame: frame.get("client_id") == client_id
        )

    async def asks(self, type: str, **fields: Any) -> Frame:
        """Send a command with a reference and wait for what answers it."""
        ref = uuid.uuid4().hex
        await self.send(type=type, ref=ref, **fields)
        return await self.sees(where=lambda frame: frame.get("ref") == ref)

    async def sees(
        self,
        *types: str,
        where: Callable[[Frame], bool] = lambda _: True,
        within: float = PATIENCE_SECONDS,
    ) -> Frame:
        """The first frame of a type that fits and that was not seen before, come or to come."""
        async with asyncio.timeout(within):
            while True:
                for frame in self.unseen:
                    if (not types or frame["type"] in types) and where(frame):
                        self.unseen.remove(frame)
                        return frame
                await self.read()

    async def read(self) -> None:
        text = str(await self.line.recv())
        self.frames.append(text)
        frame = json.loads(text)
        frames = frame if isinstance(frame, list) else [frame]
        self.got.extend(frames)
        self.unseen.extend(frames)

    async def catches_up(self) -> list[Frame]:
        """Everything that the server had sent when it answered a ping."""
        before = len(self.got)
        await self.send(type="ping")
        await self.sees("pong")
        return self.got[before:]

    async def is_closed_with(self, within: float = PATIENCE_SECONDS) -> int | None:
        """Wait for the end of the connection; its close code."""
        async with asyncio.timeout(within):
            try:
                while True:
                    await self.read()
            except ConnectionClosed:
                return self.line.close_code

    def of(self, *types: str) -> list[Frame]:
        return [frame for frame in self.got if frame["type"] in types]
