"""Who is asking, told by so many proxies of ours and by nobody else."""

import pytest
from pytest_django import Settings

from ChatApp.asgi_types import Scope
from ChatApp.proxy import TrustedProxies

PEER = ("10.0.0.1", 4711)
FOR, PROTO = "x-forwarded-for", "x-forwarded-proto"


async def seen_through(
    settings: Settings, proxies: int, *headers: tuple[str, str], kind: str = "http"
) -> Scope:
    settings.TRUSTED_PROXIES = proxies
    seen: list[Scope] = []

    async def inner(scope: Scope, receive: object, send: object) -> None:
        seen.append(scope)

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    lines = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scheme = "ws" if kind == "websocket" else "http"
    scope: Scope = {"type": kind, "client": PEER, "scheme": scheme, "headers": lines}
    before = dict(scope)
    await TrustedProxies(inner)(scope, nothing, nothing)  # type: ignore[arg-type]
    assert scope == before, "The server's own scope is not changed."
    return seen[0]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        # Without a proxy of ours anybody could have written it.
        (0, ["203.0.113.5"], "10.0.0.1"),
        (1, [], "10.0.0.1"),
        (1, [""], "10.0.0.1"),
        (1, [" , "], "10.0.0.1"),
        (1, ["203.0.113.5"], "203.0.113.5"),
        (1, ["2001:db8::5"], "2001:db8::5"),
        # Forged by the client: the proxy added the right one at the end.
        (1, ["127.0.0.1, 203.0.113.5"], "203.0.113.5"),
        (1, ["127.0.0.1", "203.0.113.5"], "203.0.113.5"),
        (1, ["127.0.0.1,,203.0.113.5,"], "203.0.113.5"),
        (2, ["203.0.113.5, 192.0.2.1"], "203.0.113.5"),
        (2, ["127.0.0.1, 203.0.113.5, 192.0.2.1"], "203.0.113.5"),
        (2, ["127.0.0.1, 203.0.113.5", "192.0.2.1"], "203.0.113.5"),
        # Somebody came around the outer proxy.
        (2, ["203.0.113.5"], "10.0.0.1"),
    ],
)
async def test_the_address_is_counted_from_the_right(
    settings: Settings, proxies: int, forwarded: list[str], client: str
) -> None:
    scope = await seen_through(settings, proxies, *((FOR, value) for value in forwarded))
    assert scope["client"][0] == client


@pytest.mark.parametrize(
    ("proxies", "forwarded", "is_secure"),
    [
        (0, ["https"], False),
        (1, [], False),
        (1, ["http"], False),
        (1, ["https"], True),
        (1, ["HTTPS"], True),
        (1, ["wss"], True),
        (1, ["nonsense"], False),
        (1, ["https, http"], False),
        (1, ["http, https"], True),
        (1, ["https", "http"], False),
        (2, ["https, http"], True),
        (2, ["https, http, http"], False),
        # Only one of the two proxies tells.
        (2, ["https"], True),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_scheme_is_counted_from_the_right(
    settings: Settings, proxies: int, forwarded: list[str], is_secure: bool, kind: str
) -> None:
    headers = [(PROTO, value) for value in forwarded]
    scope = await seen_through(settings, proxies, *headers, kind=kind)
    plain, secure = ("http", "https") if kind == "http" else ("ws", "wss")
    assert scope["scheme"] == (secure if is_secure else plain)


async def test_one_header_says_nothing_about_the_other(settings: Settings) -> None:
    scope = await seen_through(settings, 1, (FOR, "203.0.113.5"))
    assert (scope["client"][0], scope["scheme"]) == ("203.0.113.5", "http")
    scope = await seen_through(settings, 1, (PROTO, "https"))
    assert (scope["client"], scope["scheme"]) == (PEER, "https")


async def test_other_headers_that_proxies_use_change_nothing(settings: Settings) -> None:
    headers = [
        ("forwarded", "for=203.0.113.5;proto=https"),
        ("x-real-ip", "203.0.113.5"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-ssl", "on"),
    ]
    scope = await seen_through(settings, 1, *headers)
    assert (scope["client"], scope["scheme"]) == (PEER, "http")


async def test_what_is_no_request_is_left_alone(settings: Settings) -> None:
    scope = await seen_through(settings, 1, (FOR, "203.0.113.5"), kind="lifespan")
    assert scope["client"] == PEER
