"""What is answered before Django: no session, no thread, no database."""

from django.conf import settings

from ChatApp.asgi_types import Application, Receive, Scope, Send
from ChatApp.static import answer, serve_static

PLAIN = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]


class FastPaths:
    """Static files and the question whether this process is alive; all else is Django's."""

    def __init__(self, django: Application) -> None:
        self.django = django

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith(settings.STATIC_URL):
            await serve_static(scope, receive, send)
        elif path == "/healthz":
            await answer(send, 200, PLAIN, b"ok\n")
        else:
            await self.django(scope, receive, send)
