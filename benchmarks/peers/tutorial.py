"""The chat that everybody builds first with Channels: a consumer for each socket, a group for each
room. Nothing is stored; who is not signed in is not let in."""

import json
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

urlpatterns: list[Any] = []


class RoomConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    group = ""

    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            await self.close()
            return
        self.group = "room_" + self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str = "", bytes_data: bytes = b"") -> None:
        said = {
            "type": "room.said",
            "message": json.loads(text_data)["message"],
            "username": self.scope["user"].username,
        }
        await self.channel_layer.group_send(self.group, said)

    async def room_said(self, event: dict[str, str]) -> None:
        shown = {"message": event["message"], "username": event["username"]}
        await self.send(text_data=json.dumps(shown))


sockets = URLRouter([path("ws/chat/<str:room>/", RoomConsumer.as_asgi())])
application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
    }
)
