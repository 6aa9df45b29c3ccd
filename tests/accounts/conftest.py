from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.dispatch import Signal
from django.test import Client
from pytest_django import Settings

from accounts.models import User

PASSWORD = "kettle-and-cake"

Person = Callable[..., User]
Heard = list[dict[str, Any]]
Listen = Callable[[Signal], Heard]


@pytest.fixture(autouse=True)
def quick_and_unlimited(settings: Settings) -> Iterator[None]:
    """Cheap hashes, and counters of failed tries that no other test has filled."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person(db: None) -> Person:
    def make(username: str = "ada", **fields: Any) -> User:
        fields.setdefault("email", "")
        return User.objects.create_user(username, password=PASSWORD, **fields)

    return make


@pytest.fixture
def ada(person: Person) -> User:
    return person("ada", email="ada@example.org")


@pytest.fixture
def signed_in(ada: User) -> Client:
    return browser_of("ada")


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", PASSWORD)


@pytest.fixture
def listen() -> Iterator[Listen]:
    """What a signal said, in the order of its saying."""
    connected: list[tuple[Signal, Callable[..., None]]] = []

    def start(signal: Signal) -> Heard:
        heard: Heard = []

        def hear(**news: Any) -> None:
            heard.append({k: v for k, v in news.items() if k not in ("signal", "sender")})

        signal.connect(hear, weak=False)
        connected.append((signal, hear))
        return heard

    yield start
    for signal, hear in connected:
        signal.disconnect(hear)


def browser_of(login: str, password: str = PASSWORD) -> Client:
    """Somebody's browser after they went through the sign-in page."""
    browser = Client(enforce_csrf_checks=False)
    answer = browser.post("/accounts/login/", {"login": login, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def is_signed_in(browser: Client) -> bool:
    return browser.get("/accounts/").status_code == 200
