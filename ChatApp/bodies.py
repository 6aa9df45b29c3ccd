"""How much of a request is taken at all.

Django would write a body of any size to a temporary file before a view of ours sees it.
"""

from django.conf import settings

from ChatApp.asgi_types import Application, Message, Receive, Scope, Send
from ChatApp.static import answer

PLAIN = [(b"content-type", b"text/plain"), (b"connection", b"close")]


class BoundedBodies:
    """Answer 413 to a request whose body is too large, told in advance or not."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = settings.REQUEST_BYTES
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > most:
            return await answer(send, 413, PLAIN, b"The request is too large.\n")
        taken = 0
        is_answered = False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return {"type": "http.disconnect"} if taken > most else message

        async def noting(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        await self.inner(scope, bounded, noting)
        if taken > most and not is_answered:
            await answer(send, 413, PLAIN, b"The request is too large.\n")
        return None
