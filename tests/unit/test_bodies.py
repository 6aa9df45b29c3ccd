"""Who may bring a large body, while nobody can be asked."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from ChatApp import bodies
from ChatApp.asgi_types import Message, Scope
from ChatApp.bodies import BoundedBodies


async def test_a_file_that_comes_while_the_database_is_away_is_to_come_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(key: str) -> None:
        raise OperationalError("away")

    async def inner(*arguments: Any) -> None:
        raise AssertionError("Not even looked at.")

    async def receive() -> Message:
        raise AssertionError("Nothing is taken.")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    monkeypatch.setattr(bodies, "read_together", away)
    size = str(settings.REQUEST_BYTES + 1).encode()
    headers = [(b"content-length", size), (b"cookie", b"sessionid=somebodys")]
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/chat/lobby/uploads/",
        "headers": headers,
    }
    await BoundedBodies(inner)(scope, receive, send)
    start, body = sent
    assert (start["status"], json.loads(body["body"])["code"]) == (503, "unavailable")
