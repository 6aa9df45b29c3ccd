"""What goes back over HTTP: JSON, refusals with their status, and who it is for."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import re
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views import csrf
from msgspec import Struct

from accounts.models import User
from chat import commands, protocol
from chat.bodies import JSON, wants_json
from chat.errors import ChatError
from chat.limits import TokenBuckets

View = Callable[..., HttpResponse]


def as_page(view: View) -> View:
    """A page that cannot be made just now says so with 503, not with a fault of ours."""

    @wraps(view)
    def answering(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            return view(request, **arguments)
        except Exception as problem:
            refusal = commands.as_refusal(problem)
            if refusal is None:
                raise
            status = refusal.http_status
            template = f"{status}.html" if status in {403, 404} else "503.html"
            return render(request, template, {"detail": refusal.detail}, status=status)

    return answering


def as_json(view: View) -> View:
    """Signed in or 401; refusals become their status with `code` and `detail`."""

    @wraps(view)
    def answering(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            if not request.user.is_authenticated:
                raise ChatError("not_signed_in", _("Sign in first."))
            return view(request, **arguments)
        except Exception as problem:
            refusal = commands.as_refusal(problem)
            if refusal is None:
                raise
            return refused(refusal)

    return answering


def by_form_or_json(
    request: HttpRequest,
    work: Callable[[], Struct],
    *,
    back: str,
    slug: str = "",
    notice: str = "",
    status: int = 200,
    buckets: TokenBuckets | None = None,
) -> HttpResponse:
    """A script gets JSON; a page's form goes `back` to a page, with a notice.

    `slug`: of the room whose page it is, while they belong to it.
    """

    def counted() -> Struct:
        commands.hurry_slowly(signed_in(request), buckets)
        return work()

    if request.method == "DELETE" or wants_json(request) or not isinstance(request.user, User):
        return as_json(lambda _request: json(counted(), status=status))(request)
    try:
        counted()
    except ChatError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, notice or _("Done."))
    if not slug:
        return redirect(back)
    return redirect(back, slug) if belongs_to(request.user, slug) else redirect("chat-page")


def belongs_to(user: User, slug: str) -> bool:
    # PostgreSQL takes no NUL, not even to compare with.
    return "\0" not in slug and user.memberships.belonging().filter(room__slug=slug).exists()


def signed_in(request: HttpRequest) -> User:
    """The user, behind a door that lets only signed-in people pass."""
    if not isinstance(request.user, User):
        raise ChatError("not_signed_in", _("Sign in first."))
    return request.user


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's page, or JSON for a script (the setting CSRF_FAILURE_VIEW)."""
    if wants_json(request):
        return refused(ChatError("forbidden", _("The request lacks this session's CSRF token.")))
    return csrf.csrf_failure(request, reason)


def refused(refusal: ChatError) -> HttpResponse:
    body = protocol.Error(
        code=refusal.code,
        detail=refusal.detail,
        retry_after=refusal.retry_after or msgspec.UNSET,
    )
    response = json(body, status=refusal.http_status)
    if refusal.retry_after:
        response["Retry-After"] = str(math.ceil(refusal.retry_after))
    return response


TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")
# Level 1 makes a fifth of the page in a third of a millisecond; level 6 a sixth, in one.
GZIP_LEVEL = 1
# As Django's GZipMiddleware: the size of an answer tells less of what is in it.
PADDING_CHARS_MOST = 100


def compact(request: HttpRequest, text: str) -> HttpResponse:
    """A page that most of its readers fetch over a slow line."""
    response = HttpResponse(text)
    patch_vary_headers(response, ["Accept-Encoding"])
    if TAKES_GZIP.search(request.headers.get("Accept-Encoding", "")):
        response.content = zipped(response.content)
        response["Content-Encoding"] = "gzip"
    return response


def zipped(content: bytes) -> bytes:
    padding = "x" * secrets.randbelow(PADDING_CHARS_MOST)
    body = io.BytesIO()
    with gzip.GzipFile(padding, "wb", GZIP_LEVEL, body, mtime=0) as file:
        file.write(content)
    return body.getvalue()


def kept_while_it_is_the_same(request: HttpRequest, answer: Struct) -> HttpResponse:
    """JSON that a browser may keep for itself alone, and asks about each time before it uses it."""
    response = json(answer)
    digest = hashlib.blake2b(response.content, digest_size=16).hexdigest()
    response["ETag"] = f'"{digest}"'
    response["Cache-Control"] = "private, no-cache"
    answered = get_conditional_response(request, etag=response["ETag"], response=response)
    return cast(HttpResponse, answered)


def json(answer: Struct, *, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(answer), content_type=JSON, status=status)
