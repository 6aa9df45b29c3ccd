"""What a socket is told when nobody can say who it is."""

import logging

from django.db import InterfaceError, OperationalError

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
