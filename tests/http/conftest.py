from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User

Browser = Callable[[User], Client]


@pytest.fixture
def browser() -> Browser:
    """A browser in which somebody is signed in."""

    def open(user: User, *, checks_csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=checks_csrf)
        client.force_login(user)
        return client

    return open
