"""Getting around, over HTTP: rooms found by their names."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from msgspec import Meta, Struct

from chat import commands, names
from chat.answers import as_json, json, signed_in
from chat.bodies import convert
from chat.limits import ROOM_NAME_CHARS, ROOMS_FOUND
from chat.models import Room
from chat.models.own_rooms import waiting
from chat.node import node


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


@as_json
def rooms(request: HttpRequest) -> HttpResponse:
    """The first rooms whose names begin so, of those that the user may enter."""
    user = signed_in(request)
    commands.hurry_slowly(user, node.replays)
    query = convert(request.GET.dict(), RoomsQuery)
    found = Room.objects.by_name(user, names.identity(query.q.strip()))
    page = list(found[:ROOMS_FOUND])
    own = {each.room_id for each in waiting([(user.pk, room.pk) for room in page])}
    return json(
        FoundRooms(
            [
                FoundRoom(each.slug, each.name, each.kind, each.topic, each.pk in own)
                for each in page
            ]
        )
    )
