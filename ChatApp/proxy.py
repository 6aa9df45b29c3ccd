"""Who is asking, when reverse proxies of ours stand in front."""

from django.conf import settings

from ChatApp.asgi_types import Application, Receive, Scope, Send


class TrustedProxies:
    """Take the client's address and the scheme from what our own proxies wrote.

    Counted from the right, because everything further left may come from the client. With no
    trusted proxy the headers change nothing.
    """

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("root_path"):
            # daphne believes a header of anybody's; we are never served below a prefix.
            scope = {**scope, "root_path": ""}
        if settings.TRUSTED_PROXIES and scope["type"] in {"http", "websocket"}:
            scope = as_seen_by_the_first_proxy(scope, settings.TRUSTED_PROXIES)
        await self.inner(scope, receive, send)


def as_seen_by_the_first_proxy(scope: Scope, proxies: int) -> Scope:
    seen = dict(scope)
    addresses = header_values(scope, b"x-forwarded-for")
    if len(addresses) >= proxies:
        seen["client"] = (addresses[-proxies], 0)
    schemes = header_values(scope, b"x-forwarded-proto")
    if schemes:
        secure = schemes[-min(proxies, len(schemes))].lower() in {"https", "wss"}
        plain = "http" if scope["type"] == "http" else "ws"
        seen["scheme"] = plain + "s" * secure
    return seen


def header_values(scope: Scope, name: bytes) -> list[str]:
    """The comma-separated values of all headers of that name, in order."""
    lines = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return [value.strip() for line in lines for value in line.split(",") if value.strip()]
