"""What is answered before Django: no session, no thread, no database."""

import secrets
from dataclasses import dataclass

from django.conf import settings

from ChatApp import metrics
from ChatApp.asgi_types import Application, Receive, Scope, Send
from ChatApp.static import answer, serve_static

PLAIN = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]


@dataclass
class Readiness:
    """Whether this process is about to end: it answers, but nobody new should be sent here."""

    is_draining: bool = False


readiness = Readiness()


class FastPaths:
    """Static files and questions about this process; all else is Django's."""

    def __init__(self, django: Application) -> None:
        self.django = django

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith(settings.STATIC_URL):
            await serve_static(scope, receive, send)
        elif path == "/healthz":
            await answer(send, 200, PLAIN, b"ok\n")
        elif path == "/readyz":
            await serve_readiness(send)
        elif path == "/metrics":
            await serve_metrics(scope, send)
        else:
            await self.django(scope, receive, send)


async def serve_readiness(send: Send) -> None:
    if readiness.is_draining:
        await answer(send, 503, PLAIN, b"draining\n")
    else:
        await answer(send, 200, PLAIN, b"ready\n")


async def serve_metrics(scope: Scope, send: Send) -> None:
    """The figures for whoever has the token; without one in the settings there is nothing here."""
    if not settings.METRICS_TOKEN:
        return await answer(send, 404, PLAIN, b"Not found.\n")
    given = dict(scope["headers"]).get(b"authorization", b"")
    if not secrets.compare_digest(given, b"Bearer " + settings.METRICS_TOKEN.encode()):
        return await answer(send, 401, [*PLAIN, (b"www-authenticate", b"Bearer")], b"A token.\n")
    headers = [(b"content-type", metrics.content_type()), PLAIN[1]]
    return await answer(send, 200, headers, metrics.exposition())
