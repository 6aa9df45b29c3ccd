"""Headers that every page of ours carries, and the language that it speaks."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NoReturn

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.functional import SimpleLazyObject

from accounts.languages import language_of


def content_security_policy(policy: dict[str, list[str]]) -> str:
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


class SecurityHeadersMiddleware:
    """Content Security Policy, and no caching of what belongs to one person.

    Async where the server is: unlike a MiddlewareMixin it costs no change of thread.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.policy = content_security_policy(settings.SECURE_CSP)
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self.is_async:
            return self.answer_later(request)
        return self.with_headers(self.get_response(request))

    async def answer_later(self, request: HttpRequest) -> HttpResponse:
        return self.with_headers(await self.get_response(request))

    def with_headers(self, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=()"
        )
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response


class LanguageMiddleware:
    """The answer is made in the reader's language, and the thread has none of its own afterwards.

    Not Django's LocaleMiddleware, which does not know what somebody chose for their account.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_for(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def language_for(request: HttpRequest) -> str:
    asked_for = request.headers.get("Accept-Language", "")
    try:
        return language_of(request.user, asked_for)
    except (OperationalError, InterfaceError) as problem:
        # Whoever asks for the user meets the same: nobody waits for the database twice. Lazy, as
        # Django's own is, which its types call a user.
        request.user = SimpleLazyObject(partial(meet, problem))  # type: ignore[assignment]
        return language_of(AnonymousUser(), asked_for)


def meet(problem: Exception) -> NoReturn:
    raise problem
