"""What of Channels and Django is replaced by ours: each is looked at anew when it changes.

Another digest than the one below means that a new version of the library does something else
there. Read it, see whether ours still does all of it, and note the new digest.
"""

import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from channels.auth import AuthMiddleware, get_user
from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.sessions import InstanceSessionWrapper, SessionMiddleware
from django.contrib.sessions.backends.db import SessionStore

REPLACED: dict[str, tuple[Callable[..., Any], str]] = {
    # chat.consumers: no channel and no task of its own, no change of thread before a message.
    "AsyncConsumer.__call__": (AsyncConsumer.__call__, "3ece9d59f86a"),
    "AsyncConsumer.dispatch": (AsyncConsumer.dispatch, "fb797181cb7c"),
    "AsyncWebsocketConsumer.websocket_connect": (
        AsyncWebsocketConsumer.websocket_connect,
        "67b4bafb8393",
    ),
    "AsyncWebsocketConsumer.websocket_receive": (
        AsyncWebsocketConsumer.websocket_receive,
        "2e242977b909",
    ),
    "AsyncWebsocketConsumer.websocket_disconnect": (
        AsyncWebsocketConsumer.websocket_disconnect,
        "d3475e868256",
    ),
    "AsyncWebsocketConsumer.close": (AsyncWebsocketConsumer.close, "bdbea6eff9a1"),
    # chat.visit: left as soon as they have found out who it is.
    "SessionMiddleware.__call__": (SessionMiddleware.__call__, "5a46184d3d4c"),
    "InstanceSessionWrapper.send": (InstanceSessionWrapper.send, "fb3540134f70"),
    "AuthMiddleware.__call__": (AuthMiddleware.__call__, "703dcf54abdd"),
    # accounts.sign_ins: what they ask for is there already.
    "channels.auth.get_user": (get_user, "3124b316d7d6"),
    "SessionStore.load": (SessionStore.load, "44153db0d22e"),
}


@pytest.mark.parametrize("name", REPLACED)
def test_what_ours_replaces_is_what_it_was(name: str) -> None:
    function, digest = REPLACED[name]
    assert digest_of(function) == digest


def digest_of(function: Callable[..., Any]) -> str:
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    return hashlib.sha256(source.encode()).hexdigest()[:12]
