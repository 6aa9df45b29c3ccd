"""Messages found by their words, over HTTP: in one room, or in all that somebody belongs to."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from msgspec import Meta, Struct

from chat import access, commands, history, protocol
from chat.answers import as_json, json, signed_in
from chat.bodies import convert
from chat.errors import ChatError
from chat.limits import SEARCH_CHARS, SEARCH_PAGE, SEARCH_WORDS, SLUG_CHARS
from chat.models import search_rows
from chat.node import node
from chat.protocol import Id
from chat.words import wanted_words


class MessagesQuery(Struct):
    q: Annotated[str, Meta(max_length=SEARCH_CHARS)] = ""
    # In this room alone.
    room: Annotated[str, Meta(max_length=SLUG_CHARS)] = ""
    # Older than this message.
    before: Id | None = None


class FoundMessages(Struct):
    """Newest first; `rooms` has the names of theirs, by slug."""

    messages: list[protocol.Message]
    rooms: dict[str, str]
    # Of the last message, where there may be older ones: the next `before`.
    next: int | None


@require_safe
@as_json
def found_messages(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    commands.hurry_slowly(user, node.replays)
    query = convert(request.GET.dict(), MessagesQuery)
    if not search_rows.has_index():
        raise ChatError("unavailable", _("This server cannot search: its SQLite lacks FTS5."))
    places = access.searched(user, query.room)
    words = wanted_words(query.q)[:SEARCH_WORDS]
    if not places or not any(map(search_rows.is_beginning, words)):
        return json(FoundMessages([], {}, None))
    hits = search_rows.hits(words, places, before=query.before, limit=SEARCH_PAGE)
    return json(
        FoundMessages(
            messages=history.found(hits, places),
            rooms={places[hit.room_id].slug: places[hit.room_id].name for hit in hits},
            next=hits[-1].message_id if len(hits) == SEARCH_PAGE else None,
        )
    )
