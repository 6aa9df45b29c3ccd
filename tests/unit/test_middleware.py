"""Headers on every page, and its language."""

import pytest
from asgiref.sync import iscoroutinefunction
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.views.decorators.cache import cache_control

from accounts.themes import theme
from ChatApp.middleware import LanguageMiddleware, SecurityHeadersMiddleware


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def with_its_own(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("hello", headers={"Content-Security-Policy": "sandbox"})
    return cache_control(public=True)(lambda _: response)(request)


def directives(response: HttpResponse) -> dict[str, list[str]]:
    parts = response["Content-Security-Policy"].split("; ")
    return {name: sources for name, *sources in (part.split() for part in parts)}


def answer(view: object) -> HttpResponse:
    answered = SecurityHeadersMiddleware(view)(HttpRequest())  # type: ignore[arg-type]
    assert isinstance(answered, HttpResponse)
    return answered


def test_nothing_inline_and_nothing_from_elsewhere_runs_on_a_page() -> None:
    policy = directives(answer(plain))
    assert policy["default-src"] == ["'self'"]
    # What is not named falls back to default-src; what does not fall back is named.
    assert not policy.keys() & {"script-src", "style-src", "connect-src"}
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    for sources in policy.values():
        assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"} & set(sources)


def test_a_page_is_kept_by_nobody() -> None:
    kept = {part.strip() for part in answer(plain)["Cache-Control"].split(",")}
    assert kept == {"private", "no-store"}


def test_what_a_view_says_itself_stands() -> None:
    response = answer(with_its_own)
    assert response["Content-Security-Policy"] == "sandbox"
    assert response["Cache-Control"] == "public"


async def test_it_is_async_where_the_server_is() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return plain(request)

    middleware = SecurityHeadersMiddleware(view)
    assert iscoroutinefunction(middleware)
    response = await middleware(HttpRequest())  # type: ignore[misc]
    assert directives(response) == directives(answer(plain))
    assert not iscoroutinefunction(SecurityHeadersMiddleware(plain))


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/nowhere/", "/"])
def test_every_address_has_them(address: str) -> None:
    response = Client().get(address)
    assert directives(response)["default-src"] == ["'self'"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/signup/", "/nowhere/"])
def test_no_page_has_anything_inline(address: str) -> None:
    page = Client().get(address).content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert not [tag for tag in page.split("<script")[1:] if "src=" not in tag.split(">")[0]]
    assert "javascript:" not in page
    assert " onclick=" not in page


def test_a_database_that_is_away_is_waited_for_once_and_told_in_the_browsers_language() -> None:
    asked = []

    def ask() -> None:
        asked.append(True)
        raise OperationalError

    def view(request: HttpRequest) -> HttpResponse:
        with pytest.raises(OperationalError):
            request.user.get_username()
        # Its page has to be drawn all the same.
        assert theme(request) == {"theme": ""}
        return HttpResponse(get_language())

    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = "de"
    request.user = SimpleLazyObject(ask)  # type: ignore[assignment]
    answered = LanguageMiddleware(view)(request)
    assert (answered.content, answered["Content-Language"], len(asked)) == (b"de", "de", 1)
    assert get_language() == "en"
