"""The end of a session ends its connections; who is put out of a room hears no more of it.

What the site does itself is told by signals from `accounts`, and by the bus to the other
processes. What happens behind its back, in a shell or in SQL, or while the bus is away, is found
by looking at all sessions and memberships again and again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError, InterfaceError

from accounts.models import SessionRenewal, User
from accounts.sign_ins import sign_ins
from accounts.signals import account_changed, session_cycled, session_ended
from chat import access, protocol
from chat.errors import CloseCode
from chat.limits import CONFIRM_SECONDS, RECHECK_DELAY_SECONDS, SWEEP_SECONDS, TOLD_SECONDS
from chat.node import node
from chat.realtime import orders, topics
from chat.realtime.connection import Connection

log = logging.getLogger("chat.revocation")


def begin() -> None:
    """Listen to what the site does, and look again and again at what it does not tell."""
    session_ended.connect(on_session_ended)
    session_cycled.connect(on_session_cycled)
    account_changed.connect(on_account_changed)
    node.carries_out[orders.EndSession] = end_session
    node.carries_out[orders.RenewSession] = renew_session
    node.carries_out[orders.Recheck] = recheck_soon
    node.chores.append((SWEEP_SECONDS, sweep))


# --- In the threads that serve HTTP


def on_session_ended(session_key: str, **_: Any) -> None:
    node.bus.send(orders.EndSession(topics.session(session_key)))


def on_session_cycled(old_key: str, new_key: str, **_: Any) -> None:
    # This process need not ask the database; the order that follows finds nothing left to do.
    node.bus.steer(node.hub.renew_session, old_key, new_key)
    node.bus.send(orders.RenewSession(topics.session(old_key)))


def on_account_changed(user: User, **_: Any) -> None:
    node.bus.send(orders.Recheck(user.pk))


# --- In the event loop

# What was told of whom, and when: a connection that was let in at the same moment heard nothing.
told: dict[str, float] = {}


def meet(connection: Connection, came_at: float) -> None:
    """Judge a connection anew where something was told since its session was read.

    `came_at` is of the loop's clock. Called when it listens to what is told from here on.
    """
    of_user, of_session = topics.user(connection.user_id), topics.session(connection.session_key)
    if told.get(of_session, 0.0) >= came_at or told.get(of_user, 0.0) >= came_at:
        node.keep(recheck_user(connection.user_id))


def note(topic: str) -> None:
    told.pop(topic, None)
    told[topic] = asyncio.get_running_loop().time()


def forget_what_was_told() -> None:
    """Nobody takes so long to be let in."""
    before = asyncio.get_running_loop().time() - TOLD_SECONDS
    while told and next(iter(told.values())) < before:
        del told[next(iter(told))]


def end_session(order: orders.EndSession) -> None:
    note(order.topic)
    for connection in node.hub.listening(order.topic):
        connection.close(CloseCode.NOT_SIGNED_IN)


def renew_session(order: orders.RenewSession) -> None:
    if connections := node.hub.listening(order.topic):
        node.keep(follow_renewals(connections))


def recheck_soon(order: orders.Recheck) -> None:
    note(topics.user(order.user_id))
    if node.hub.listening(topics.user(order.user_id)):
        node.keep(recheck_user(order.user_id))


async def recheck_user(user_id: int) -> None:
    await asyncio.sleep(RECHECK_DELAY_SECONDS)
    try:
        await recheck(node.hub.listening(topics.user(user_id)))
    except (DatabaseError, InterfaceError) as error:
        # The next sweep looks again.
        log.error("The sessions of user %s could not be checked: %s", user_id, error)


async def sweep() -> None:
    """Look at every session, and at who still belongs: a shell or SQL sends no signal."""
    forget_what_was_told()
    await recheck(node.hub.connections)
    await recheck_followers()


async def recheck(suspects: Iterable[Connection]) -> None:
    """Close the connections whose session is found invalid twice.

    Twice, because a session whose key is renewed is empty until its request ends.
    """
    invalid = await invalid_among(suspects)
    if invalid:
        await asyncio.sleep(CONFIRM_SECONDS)
        await follow_renewals(invalid)
        invalid = await invalid_among(invalid)
    for connection in invalid:
        connection.close(CloseCode.NOT_SIGNED_IN)


async def invalid_among(suspects: Iterable[Connection]) -> list[Connection]:
    suspects = list(suspects)
    if not suspects:
        return []
    valid = await node.read(sign_ins, {each.session_key for each in suspects})
    return [
        each
        for each in suspects
        if not (sign_in := valid.get(each.session_key)) or sign_in.user.pk != each.user_id
    ]


async def follow_renewals(connections: Iterable[Connection]) -> None:
    """Another process renewed these sessions: they go on here under their new keys."""
    keys = {connection.session_key for connection in connections}
    for old_key, new_key in (await node.read(SessionRenewal.latest_of, keys)).items():
        node.hub.renew_session(old_key, new_key)


async def recheck_followers() -> None:
    """Put out of a room whoever follows it and does not belong to it any more."""
    following = {
        membership_id: (connection.user_id, room_id)
        for connection in node.hub.connections
        for room_id, membership_id in connection.memberships.items()
    }
    belonging = await node.read(access.belonging, following)
    for membership_id in following.keys() - belonging:
        user_id, room_id = following[membership_id]
        if feed := node.hub.feeds.get(topics.room(room_id)):
            event = protocol.encode(protocol.RoomRemoved(room=feed.slug))
            node.expel(orders.Expel(user_id, room_id, feed.slug, event))
