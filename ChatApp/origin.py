"""Which web pages may open a socket here.

A browser sends our cookie along with a handshake that any page starts, so the page's origin
decides. Channels' own validators compare host names and forget scheme and port.
"""

import logging

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from ChatApp.asgi_types import Application, Receive, Scope, Send

log = logging.getLogger("chat.origin")

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class SameOrigin:
    """Refuse with 403, before the handshake is done, what another site's page started."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if is_allowed_host(host) and (origin is None or is_allowed_origin(origin, host, scope)):
            return await self.inner(scope, receive, send)
        log.info("A handshake from origin %.100r to host %.100r was refused.", origin, host)
        await receive()
        await send({"type": "websocket.close", "code": 4403, "reason": None})
        return None


def is_allowed_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def is_allowed_origin(origin: bytes, host: str, scope: Scope) -> bool:
    claimed = origin.decode("latin-1").lower()
    # daphne leaves the scheme out of a socket's scope: it speaks ws, a proxy told of wss.
    scheme = "https" if scope.get("scheme", "ws") == "wss" else "http"
    ours = f"{scheme}://{host.removesuffix(DEFAULT_PORTS[scheme])}"
    return claimed == ours or claimed in settings.TRUSTED_ORIGINS
