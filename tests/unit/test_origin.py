"""Which pages may open a socket: those of the very address that it leads to."""

import pytest
from pytest_django import Settings

from ChatApp.asgi_types import Message, Scope
from ChatApp.origin import SameOrigin

HOSTS = ["chat.example.org", "192.0.2.7", "[::1]", ".sub.example.org"]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = HOSTS
    settings.TRUSTED_ORIGINS = ["https://app.example.org", "http://localhost:3000"]


async def shake_hands(*headers: tuple[str, str], scheme: str | None = "ws") -> str:
    """'accepted', or the type of what refuses the handshake."""
    sent: list[Message] = []

    async def inner(scope: Scope, receive: object, send: object) -> None:
        sent.append({"type": "accepted"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    lines = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope: Scope = {"type": "websocket", "path": "/ws/chat/", "headers": lines}
    if scheme is not None:
        scope["scheme"] = scheme
    await SameOrigin(inner)(scope, receive, send)
    assert len(sent) == 1
    return str(sent[0]["type"])


async def is_let_in(*headers: tuple[str, str], scheme: str | None = "ws") -> bool:
    answer = await shake_hands(*headers, scheme=scheme)
    # Closed before it was accepted: servers answer with 403.
    assert answer in {"accepted", "websocket.close"}
    return answer == "accepted"


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://chat.example.org", "chat.example.org", "ws"),
        ("http://chat.example.org", "chat.example.org", None),
        ("https://chat.example.org", "chat.example.org", "wss"),
        ("http://chat.example.org:8000", "chat.example.org:8000", "ws"),
        ("https://chat.example.org:8443", "chat.example.org:8443", "wss"),
        # Some clients name the port that goes without saying.
        ("http://chat.example.org", "chat.example.org:80", "ws"),
        ("https://chat.example.org", "chat.example.org:443", "wss"),
        ("HTTP://Chat.Example.ORG", "CHAT.example.org", "ws"),
        ("http://192.0.2.7:8000", "192.0.2.7:8000", "ws"),
        ("http://[::1]:8000", "[::1]:8000", "ws"),
        ("http://[::1]", "[::1]", "ws"),
        ("http://a.sub.example.org", "a.sub.example.org", "ws"),
        ("https://app.example.org", "chat.example.org", "ws"),
        ("http://localhost:3000", "chat.example.org", "wss"),
    ],
)
async def test_our_own_page_and_a_trusted_one_are_let_in(
    origin: str, host: str, scheme: str | None
) -> None:
    assert await is_let_in(("host", host), ("origin", origin), scheme=scheme)


@pytest.mark.parametrize(
    ("origin", "host", "scheme"),
    [
        ("http://evil.example", "chat.example.org", "ws"),
        ("null", "chat.example.org", "ws"),
        ("", "chat.example.org", "ws"),
        ("file://", "chat.example.org", "ws"),
        # Another scheme.
        ("https://chat.example.org", "chat.example.org", "ws"),
        ("https://chat.example.org", "chat.example.org", None),
        ("http://chat.example.org", "chat.example.org", "wss"),
        ("ws://chat.example.org", "chat.example.org", "ws"),
        ("chat.example.org", "chat.example.org", "ws"),
        # Another port.
        ("http://chat.example.org", "chat.example.org:8000", "ws"),
        ("http://chat.example.org:8000", "chat.example.org", "ws"),
        ("http://chat.example.org:8000", "chat.example.org:8001", "ws"),
        ("http://chat.example.org", "chat.example.org:443", "ws"),
        ("https://chat.example.org", "chat.example.org:80", "wss"),
        ("http://[::1]:8001", "[::1]:8000", "ws"),
        # Another host, however alike.
        ("http://chat.example.org.evil.example", "chat.example.org", "ws"),
        ("http://evil.example/chat.example.org", "chat.example.org", "ws"),
        ("http://chat.example.org@evil.example", "chat.example.org", "ws"),
        ("http://chat.example.org/", "chat.example.org", "ws"),
        ("http://b.sub.example.org", "a.sub.example.org", "ws"),
        ("http://192.0.2.7", "chat.example.org", "ws"),
        ("http://chat.example.org http://evil.example", "chat.example.org", "ws"),
        # Not quite a trusted one.
        ("http://app.example.org", "chat.example.org", "ws"),
        ("https://app.example.org:8443", "chat.example.org", "ws"),
        ("http://localhost:30000", "chat.example.org", "ws"),
        # The address itself is none of ours: somebody's name points to us.
        ("http://evil.example", "evil.example", "ws"),
        ("https://app.example.org", "evil.example", "ws"),
        ("http://[::2]", "[::2]", "ws"),
    ],
)
async def test_any_other_page_is_refused(origin: str, host: str, scheme: str | None) -> None:
    assert not await is_let_in(("host", host), ("origin", origin), scheme=scheme)


async def test_a_program_without_an_origin_is_let_in() -> None:
    assert await is_let_in(("host", "chat.example.org"))


@pytest.mark.parametrize("host", ["", "evil.example", "chat.example.org:port", "a b", "[::1"])
async def test_a_program_that_asks_for_another_host_is_refused(host: str) -> None:
    assert not await is_let_in(("host", host))


async def test_a_handshake_without_a_host_is_refused() -> None:
    assert not await is_let_in()
    assert not await is_let_in(("origin", "http://chat.example.org"))


async def test_bytes_that_are_no_text_are_refused() -> None:
    assert not await is_let_in(("host", "chat.example.org"), ("origin", "http://\xff\xfe"))
    assert not await is_let_in(("host", "\xff\xfe"))
