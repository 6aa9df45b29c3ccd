"""Who comes: the welcome, the way into a room, what was missed.

After a restart thousands come in the same second and ask the same things: so these answer many
at once, with as many queries as for one (chat.realtime.together gathers them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from chat import access, commands, events, history, protocol
from chat.errors import no_such_room
from chat.limits import HEARTBEAT_SECONDS
from chat.models.own_rooms import own_rooms, places

if TYPE_CHECKING:
    from accounts.models import User
    from chat.commands import Entrance


class Newcomer(NamedTuple):
    user: User
    connection_id: str


class Visitor(NamedTuple):
    user: User
    slug: str


class Reader(NamedTuple):
    """Somebody who holds everything up to the tick `after`."""

    membership_id: int
    room_id: int
    after: int


def welcomes(newcomers: Sequence[Newcomer]) -> list[str]:
    """One query."""
    users = {each.user.pk for each in newcomers}
    rooms: dict[int, list[protocol.RoomSummary]] = {user_id: [] for user_id in users}
    for own in own_rooms(*users):
        rooms[own.user_id].append(events.room_summary(own))
    return [
        protocol.encode(
            protocol.Welcome(
                protocol=protocol.VERSION,
                connection=each.connection_id,
                user=events.account(each.user),
                heartbeat=HEARTBEAT_SECONDS,
                limits=events.limits(),
                version=events.version(),
                rooms=rooms[each.user.pk],
            )
        )
        for each in newcomers
    ]


def entrances(visitors: Sequence[Visitor]) -> list[Entrance | Exception]:
    """Let everybody into their room; ChatError where they may not: no_such_room, forbidden.

    One query for all who belong to their rooms; the others have their turn one by one.
    """
    slugs = {each.slug for each in visitors if "\0" not in each.slug}
    found = places({each.user.pk for each in visitors}, slugs)

    def entrance(visitor: Visitor) -> Entrance | Exception:
        if place := found.get((visitor.user.pk, visitor.slug)):
            return commands.Entrance(
                place.room_id, place.membership_id, place.slug, place.role, place.tick
            )
        try:
            return commands.enter(visitor.user, visitor.slug)
        except Exception as problem:
            return problem

    return [entrance(each) for each in visitors]


def replays(readers: Sequence[Reader]) -> list[history.LogPage | Exception]:
    """The next pages of what changed after a tick, for people who were let into the rooms.

    ChatError(no_such_room) where they do not belong to one any more. Two queries, and the pages
    of those who missed something; the same page is read once.
    """
    belonging = access.belonging({each.membership_id for each in readers})
    heads = history.clocks({each.room_id for each in readers})
    pages: dict[tuple[int, int], history.LogPage] = {}

    def page(reader: Reader) -> history.LogPage | Exception:
        if reader.membership_id not in belonging:
            return no_such_room()
        head = heads.get(reader.room_id, 0)
        if head <= reader.after:
            return history.LogPage([], max(head, reader.after))
        key = reader.room_id, reader.after
        if key not in pages:
            try:
                pages[key] = history.read_log(*key)
            except Exception as problem:
                return problem
        return pages[key]

    return [page(each) for each in readers]
