"""How a line begins: HTTP, as `websockets` checks and answers it.

Its protocol object is made for the request alone and forgotten at once: the 40 µs are little
beside what else a connect takes, and every rule of the handshake is theirs.
"""

from __future__ import annotations

import email.utils
import logging
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

log = logging.getLogger("uvicorn.error")

RawHeaders = list[tuple[bytes, bytes]]


class Opening(NamedTuple):
    """What is asked for, if that is a handshake, and the answer to it as far as it is known."""

    request: Request | None
    answer: bytes
    response: Response | None


def opening(data: bytes) -> Opening:
    """Read a request that is here as a whole: uvicorn has parsed it before."""
    rules = ServerProtocol(logger=log)
    rules.receive_data(data)
    try:
        return judged(rules)
    finally:
        # It and its generator hold each other: they would wait for the garbage collector.
        rules.parser.close()
        del rules.parser


def judged(rules: ServerProtocol) -> Opening:
    requests = rules.events_received()
    if not requests:
        said = b"".join(rules.data_to_send())
        return Opening(None, said or refusal(HTTPStatus.BAD_REQUEST), None)
    request = requests[0]
    assert isinstance(request, Request)
    response = rules.accept(request)
    if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
        return Opening(None, response.serialize(), None)
    return Opening(request, b"", response)


def acceptance(response: Response, headers: RawHeaders, subprotocol: str | None) -> bytes:
    """The answer that opens the line, with what the application adds to it."""
    del response.headers["Date"]  # uvicorn has one among its own
    for name, value in headers:
        response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")
    if subprotocol:
        response.headers["Sec-WebSocket-Protocol"] = subprotocol
    return response.serialize()


def refusal(status: int, headers: Iterable[tuple[bytes, bytes]] = (), body: bytes = b"") -> bytes:
    """An answer of HTTP instead of a socket."""
    said = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
    said.setdefault("Date", email.utils.formatdate(usegmt=True))
    said.setdefault("Connection", "close")
    said.setdefault("Content-Length", str(len(body)))
    said.setdefault("Content-Type", "text/plain; charset=utf-8")
    return Response(status, phrase(status), said, body).serialize()


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
