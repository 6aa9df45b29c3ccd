"""The one fork between HTTP and WebSocket, for every ASGI server."""

import asyncio
import os
from typing import Any, cast

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ChatApp.settings")
django.setup(set_prefix=False)

# What follows reads the settings and the models.
from chat.node import node  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chat.visit import Visit  # noqa: E402
from ChatApp.asgi_types import Receive, Scope, Send  # noqa: E402
from ChatApp.bodies import BoundedBodies  # noqa: E402
from ChatApp.handler import ThreadedHandler  # noqa: E402
from ChatApp.http import FastPaths  # noqa: E402
from ChatApp.origin import SameOrigin  # noqa: E402
from ChatApp.proxy import TrustedProxies  # noqa: E402
from ChatApp.sockets import Door, Unavailable  # noqa: E402

routes = TrustedProxies(
    ProtocolTypeRouter(
        {
            "http": FastPaths(BoundedBodies(cast(Any, ThreadedHandler()))),
            "websocket": SameOrigin(
                Unavailable(Door(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))))
            ),
        }
    )
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    # A process that nobody has a socket to yet must still tell the others what is posted here.
    node.start()
    if scope["type"] == "websocket":
        scope["came_at"] = asyncio.get_running_loop().time()
        visit = scope["visit"] = Visit(send)
        await routes(scope, receive, send)
        del scope
        if goes_on := visit.goes_on:
            await goes_on(receive)
    else:
        await routes(scope, receive, send)
