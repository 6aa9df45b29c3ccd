"""Getting around, over HTTP: rooms found by their names, and of what each one tells."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST
from msgspec import Meta, Struct

from chat import access, commands, names
from chat.actions.notifying import set_notify
from chat.answers import as_json, json, signed_in
from chat.bodies import convert, read_body
from chat.limits import ROOM_NAME_CHARS, ROOMS_FOUND
from chat.models import Room, rows
from chat.node import node

Level = Literal["everything", "mentions", "nothing"]


class RoomsQuery(Struct):
    q: Annotated[str, Meta(max_length=ROOM_NAME_CHARS)] = ""


class FoundRoom(Struct):
    room: str
    name: str
    kind: str
    topic: str
    joined: bool


class FoundRooms(Struct):
    rooms: list[FoundRoom]


class NotifyRequest(Struct):
    level: Level


class NotifyAnswer(Struct):
    room: str
    level: Level


@as_json
def rooms(request: HttpRequest) -> HttpResponse:
    """The first rooms whose names begin so, of those that the user may enter."""
    user = signed_in(request)
    commands.hurry_slowly(user, node.replays)
    query = convert(request.GET.dict(), RoomsQuery)
    found = Room.objects.by_name(user, names.identity(query.q.strip()))
    page = list(found[:ROOMS_FOUND])
    own = {each.room_id for each in rows.waiting([(user.pk, room.pk) for room in page])}
    return json(
        FoundRooms(
            [
                FoundRoom(each.slug, each.name, each.kind, each.topic, each.pk in own)
                for each in page
            ]
        )
    )


@require_POST
@as_json
def notify(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose of what a room tells, for oneself."""
    user = signed_in(request)
    commands.hurry_slowly(user)
    wanted = read_body(request, NotifyRequest)
    set_notify(membership=access.own_membership(user, slug), level=wanted.level)
    return json(NotifyAnswer(room=slug, level=wanted.level))
