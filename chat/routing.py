"""Addresses of sockets."""

from typing import Any, cast

from django.urls import path, re_path

from chat.consumers import ChatConsumer


async def no_such_address(scope: Any, receive: Any, send: Any) -> None:
    """Refuse the handshake; the router alone would log a traceback for every probing bot."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


websocket_urlpatterns: list[Any] = [
    path("ws/chat/", ChatConsumer.as_asgi()),
    path("ws/chat/<str:slug>/", ChatConsumer.as_asgi()),
    re_path("", cast(Any, no_such_address)),
]
