"""Who a socket is, asked for many at once; and what it is told when nobody can say that."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import parse_cookie

from accounts.sign_ins import SignIn, prepared, sign_ins
from chat.node import node
from chat.realtime.together import Together
from ChatApp.asgi_types import Application, Receive, Scope, Send

log = logging.getLogger("chat.sockets")

CANNOT_SERVE_NOW = 4503


class Unavailable:
    """Close with 4503 when the database cannot be asked for session and user.

    Not with 4401: the browser would send somebody to the login page who is signed in.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.inner(scope, receive, send)
        except (OperationalError, InterfaceError) as error:
            log.error("No session could be read: %s", error)
            await receive()
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await send({"type": "websocket.close", "code": CANNOT_SERVE_NOW, "reason": None})
            while (await receive())["type"] != "websocket.disconnect":
                pass


class Door:
    """Reads session and user before AuthMiddlewareStack asks for them: two queries for all
    sockets that come in the same moment."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if key := session_key(scope):
            prepared.set(await read_together(key))
        await self.inner(scope, receive, send)


def session_key(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            return parse_cookie(value.decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    return None


def read_all(keys: Sequence[str]) -> list[SignIn | None]:
    found = sign_ins(set(keys))
    return [found.get(key) for key in keys]


read_together: Together[str, SignIn | None] = Together(lambda keys: node.read(read_all, keys))
