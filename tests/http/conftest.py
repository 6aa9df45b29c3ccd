import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from tests.cast import Cast

Browser = Callable[[User], Client]


@pytest.fixture
def browser() -> Browser:
    """A browser in which somebody is signed in."""

    def open(user: User, *, checks_csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=checks_csrf)
        client.force_login(user)
        return client

    return open


@pytest.fixture
def alice(cast: Cast, browser: Browser) -> Client:
    return browser(cast.alice)


@pytest.fixture
def bob(cast: Cast, browser: Browser) -> Client:
    return browser(cast.bob)


@pytest.fixture
def charlie(cast: Cast, browser: Browser) -> Client:
    return browser(cast.charlie)


@pytest.fixture
def root(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Where uploads lie, for one test."""
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR = settings.UPLOAD_ROOT / "incoming"
    yield settings.UPLOAD_ROOT
    shutil.rmtree(settings.UPLOAD_ROOT, ignore_errors=True)
