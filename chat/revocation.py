"""The end of a session ends its connections.

What the site does itself is told by signals from `accounts`; what happens behind its back, in a
shell or in SQL, is found by looking at all sessions again and again.
"""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError

from accounts.models import User
from accounts.signals import account_changed, session_cycled, session_ended
from chat import access
from chat.errors import CloseCode
from chat.limits import CONFIRM_SECONDS, RECHECK_DELAY_SECONDS
from chat.node import node
from chat.realtime import topics
from chat.realtime.connection import Connection

log = logging.getLogger("chat.revocation")


def connect_signals() -> None:
    session_ended.connect(on_session_ended)
    session_cycled.connect(on_session_cycled)
    account_changed.connect(on_account_changed)


# --- In the threads that serve HTTP


def on_session_ended(session_key: str, **_: Any) -> None:
    node.bus.steer(close_session, session_key)


def on_session_cycled(old_key: str, new_key: str, **_: Any) -> None:
    node.bus.steer(node.hub.renew_session, old_key, new_key)


def on_account_changed(user: User, **_: Any) -> None:
    node.bus.steer(recheck_soon, user.pk)


# --- In the event loop


def close_session(session_key: str) -> None:
    for connection in node.hub.listening(topics.session(session_key)):
        connection.close(CloseCode.NOT_SIGNED_IN)


def recheck_soon(user_id: int) -> None:
    node.call_later(RECHECK_DELAY_SECONDS, partial(start_recheck, user_id))


def start_recheck(user_id: int) -> None:
    node.keep(recheck_user(user_id))


async def sweep() -> None:
    """Look at every session: a shell or SQL sends no signal."""
    await recheck(node.hub.connections)


async def recheck(suspects: Iterable[Connection]) -> None:
    """Close the connections whose session is found invalid twice.

    Twice, because a session whose key is renewed is empty until its request ends.
    """
    invalid = await invalid_among(suspects)
    if invalid:
        await asyncio.sleep(CONFIRM_SECONDS)
        invalid = await invalid_among(invalid)
    for connection in invalid:
        connection.close(CloseCode.NOT_SIGNED_IN)


async def recheck_user(user_id: int) -> None:
    try:
        await recheck(node.hub.listening(topics.user(user_id)))
    except (DatabaseError, InterfaceError) as error:
        # The next sweep looks again.
        log.error("The sessions of user %s could not be checked: %s", user_id, error)


async def invalid_among(suspects: Iterable[Connection]) -> list[Connection]:
    suspects = list(suspects)
    if not suspects:
        return []
    valid = await node.read(access.signed_in, {each.session_key for each in suspects})
    return [each for each in suspects if valid.get(each.session_key) != each.user_id]
