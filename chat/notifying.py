"""Of what a room tells somebody, chosen by themselves over HTTP."""

from __future__ import annotations

from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from msgspec import Struct

from chat import access, commands
from chat.actions.notifying import set_notify
from chat.answers import as_json, json, signed_in
from chat.bodies import read_body

Level = Literal["everything", "mentions", "nothing"]


class NotifyRequest(Struct):
    level: Level


class NotifyAnswer(Struct):
    room: str
    level: Level


@require_POST
@as_json
def notify(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose of what a room tells, for oneself."""
    user = signed_in(request)
    commands.hurry_slowly(user)
    wanted = read_body(request, NotifyRequest)
    set_notify(membership=access.own_membership(user, slug), level=wanted.level)
    return json(NotifyAnswer(room=slug, level=wanted.level))
