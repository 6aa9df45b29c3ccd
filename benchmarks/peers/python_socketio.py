"""Rooms of python-socketio beside Django, which knows who comes. Nothing is stored."""

from http.cookies import SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import socketio  # type: ignore[import-not-found,unused-ignore]
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()
server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
application = socketio.ASGIApp(server, django_application)

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


@sync_to_async
def username_of(cookies: str) -> str:
    """Empty for who is not signed in."""
    cookie = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    request: Any = SimpleNamespace(session=SessionStore(cookie.value if cookie else None))
    return get_user(request).get_username()


@server.event  # type: ignore[untyped-decorator]
async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> None:
    username = await username_of(environ.get("HTTP_COOKIE", ""))
    if not username:
        raise socketio.exceptions.ConnectionRefusedError("not signed in")
    await server.save_session(sid, {"username": username})


@server.event  # type: ignore[untyped-decorator]
async def join(sid: str, room: str) -> str:
    await server.enter_room(sid, room)
    return "ok"


@server.event  # type: ignore[untyped-decorator]
async def post(sid: str, said: dict[str, str]) -> None:
    session = await server.get_session(sid)
    shown = {"message": said["message"], "username": session["username"]}
    await server.emit("posted", shown, room=said["room"])
