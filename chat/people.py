"""Who is in a room now, over HTTP, by name and in pages: the way beyond the first 200."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from typing import Annotated

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from msgspec import Meta, Struct

from chat import access, commands, events
from chat.answers import as_json, json, signed_in
from chat.bodies import convert
from chat.limits import USERNAME_CHARS
from chat.node import node
from chat.protocol import People
from chat.realtime.presence import by_name
from chat.realtime.roster import Here, Occupant

PEOPLE_PAGE = 50
PEOPLE_PAGE_MOST = 100
QUERY_CHARS = 100
# Presence itself waits for a second at most; the rest is for a loop that is busy.
PATIENCE_SECONDS = 3.0
# What stands between the words of a name; emoji and letters of any script are words.
BETWEEN_WORDS = re.compile(r"[\s\-_.,;:+@/()'\u2019]+")


class PeopleQuery(Struct):
    """`limit` is brought into its range rather than refused."""

    q: Annotated[str, Meta(max_length=QUERY_CHARS)] = ""
    after: Annotated[str, Meta(max_length=USERNAME_CHARS)] = ""
    limit: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] = PEOPLE_PAGE

    @property
    def page(self) -> int:
        return max(1, min(self.limit, PEOPLE_PAGE_MOST))


@require_safe
@as_json
def people(request: HttpRequest, slug: str) -> HttpResponse:
    user = signed_in(request)
    commands.hurry_slowly(user, node.replays)
    room = access.room(user, slug)
    query = convert(request.GET.dict(), PeopleQuery)
    everybody = people_in(room.pk)
    found = matching(everybody, query.q)
    rest = found[position_after(found, query.after) :] if query.after else found
    page = [events.person(each) for each in rest[: query.page]]
    return json(
        People(
            room=room.slug,
            count=len(everybody),
            people=page,
            next=page[-1].username if len(rest) > len(page) else None,
        )
    )


def people_in(room_id: int) -> list[Here]:
    """Raises TimeoutError where the loop, to which presence belongs, is too busy to say."""
    if node.loop is None or not node.loop.is_running():
        return asyncio.run(node.presence.people_from_outside(room_id))
    asked = asyncio.run_coroutine_threadsafe(node.presence.people(room_id), node.loop)
    try:
        return asked.result(PATIENCE_SECONDS)
    except TimeoutError:
        asked.cancel()
        raise


def position_after(found: list[Here], username: str) -> int:
    """Where the page begins that comes after somebody, who may have left meanwhile.

    Raises ChatError(no_such_user).
    """
    last = next((who for who, _ in found if who.username == username), None)
    if last is None:
        account = access.person(username)
        last = Occupant(account.pk, account.username, account.name)
    return bisect_right(found, by_name(Here(last, "online")), key=by_name)


# --- Searching


def matching(everybody: list[Here], wanted: str) -> list[Here]:
    """Those with a word in their names for each word wanted, of which that is the beginning."""
    beginnings = words(wanted)
    if not beginnings:
        return everybody
    return [here for here in everybody if matches(here.occupant, beginnings)]


def matches(who: Occupant, beginnings: list[str]) -> bool:
    own = words(f"{who.name} {who.username}")
    return all(any(word.startswith(start) for word in own) for start in beginnings)


def words(text: str) -> list[str]:
    """As names are looked for: without case, accents, strokes and other marks."""
    plain = get_user_model()._meta.get_field("name_key").to_python(text)
    return [word for word in BETWEEN_WORDS.split(plain) if word]
