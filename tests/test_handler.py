"""How an answer of Django's is made: in one thread, which stays."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from ChatApp.handler import ThreadedHandler

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
    "client": ("127.0.0.1", 1),
    "server": ("localhost", 80),
}
seen: list[tuple[threading.Thread, object]] = []
closed: list[str] = []


class NoticingMiddleware:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        note()
        response: HttpResponse = self.get_response(request)
        note()
        return response


def note() -> None:
    connection.ensure_connection()
    seen.append((threading.current_thread(), connection.connection))


def view(request: HttpRequest) -> HttpResponse:
    note()
    response = HttpResponse(f"{request.method} {request.path} {request.body.decode()}")
    response._resource_closers.append(lambda: closed.append("plain"))  # type: ignore[attr-defined]
    return response


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    response = StreamingHttpResponse(iter([b"one ", b"two"]))
    response._resource_closers.append(lambda: closed.append("streamed"))  # type: ignore[attr-defined]
    return response


def failing(request: HttpRequest) -> HttpResponse:
    raise ValueError


urlpatterns = [path("", view), path("streaming/", streaming), path("failing/", failing)]


@pytest.fixture
def handler(transactional_db: None, settings: Settings) -> Iterator[ThreadedHandler]:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        "django.middleware.common.CommonMiddleware",
        f"{__name__}.NoticingMiddleware",
        "ChatApp.middleware.SecurityHeadersMiddleware",
    ]
    seen.clear()
    closed.clear()
    handler = ThreadedHandler()
    yield handler
    for _ in range(4):
        handler.threads.submit(connection.close)
    handler.threads.shutdown()


async def ask(handler: ThreadedHandler, address: str = "/", body: bytes = b"") -> tuple[int, bytes]:
    scope = {**SCOPE, "path": address, "raw_path": address.encode(), "method": "POST"}
    line = ApplicationCommunicator(handler, scope)
    await line.send_input({"type": "http.request", "body": body[:2], "more_body": True})
    await line.send_input({"type": "http.request", "body": body[2:]})
    start = await line.receive_output()
    parts = [await line.receive_output()]
    while parts[-1].get("more_body"):
        parts.append(await line.receive_output())
    await line.wait()
    return start["status"], b"".join(part.get("body", b"") for part in parts)


async def test_middleware_and_view_run_in_one_thread_beside_the_loop(
    handler: ThreadedHandler,
) -> None:
    assert await ask(handler, body=b"hello") == (200, b"POST / hello")
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert seen[0][0] is not threading.current_thread()
    assert closed == ["plain"]


async def test_answers_are_made_in_few_threads_each_with_its_line(handler: ThreadedHandler) -> None:
    for _ in range(20):
        await ask(handler)
    # The next may be asked for before the thread of the last one has put down its tools.
    threads = {thread for thread, _ in seen}
    assert len(threads) < 5
    if connection.vendor == "sqlite":
        # PostgreSQL's go back to the pool.
        assert len({id(line) for _, line in seen}) == len(threads)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators")
async def test_what_is_streamed_is_closed_after_it_was_sent(handler: ThreadedHandler) -> None:
    assert await ask(handler, "/streaming/") == (200, b"one two")
    assert closed == ["streamed"]


async def test_a_fault_is_an_answer(handler: ThreadedHandler) -> None:
    status, body = await ask(handler, "/failing/")
    assert (status, b"That was our fault" in body) == (500, True)


async def test_who_goes_before_the_end_of_the_request_gets_no_answer(
    handler: ThreadedHandler,
) -> None:
    line = ApplicationCommunicator(handler, {**SCOPE, "path": "/", "raw_path": b"/"})
    await line.send_input({"type": "http.request", "body": b"he", "more_body": True})
    await line.send_input({"type": "http.disconnect"})
    await line.wait()
    assert await line.receive_nothing()
    assert seen == []
