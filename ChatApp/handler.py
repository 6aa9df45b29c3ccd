"""Django's part of HTTP: each answer is made from beginning to end in one thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}
# As many answers are made at the same moment; each of these threads keeps its connection to SQLite.
HTTP_THREADS = 14


class ThreadedHandler(ASGIHandler):
    """One change of thread a request, into one of a few threads that stay.

    Django's own changes the thread before and after every middleware, a dozen times, and starts
    a new thread for each request, which opens a database connection of its own.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        self.threads = ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="http")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self.threads, self.respond, scope, body)
        await self.send_response(response, send)
        if response.streaming:
            await loop.run_in_executor(self.threads, response.close)

    def create_request(
        self, scope: Any, body: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """Refuses a form that calls itself something else than UTF-8: there are codecs with which
        Django fails again where it tells of it, or makes what no database takes."""
        try:
            request, refusal = super().create_request(scope, body)
        except (LookupError, ValueError):
            return None, not_in_utf8()
        if request is None:
            return None, cast(HttpResponseBase, refusal)
        if request.content_type in FORMS and (request.encoding or "utf-8").lower() != "utf-8":
            return None, not_in_utf8()
        return request, None

    def respond(self, scope: Any, body: IO[bytes]) -> HttpResponseBase:
        """In a thread. What is not streamed is finished here, where its connection is."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = self.get_response(request) if request else cast(HttpResponseBase, refusal)
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if not response.streaming:
            response.close()
        return response


def not_in_utf8() -> HttpResponse:
    text = "A form has to be sent as UTF-8.\n"
    return HttpResponse(text, content_type="text/plain", status=415)
