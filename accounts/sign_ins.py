"""A sign-in that was read already, with those of many others: the next question finds it here.

Channels reads session and user of every socket by a query each, on one thread for the whole
process. Whoever reads them for many at once leaves them here, in the context of that socket; the
session engine and the backend look here first.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from itertools import islice
from typing import Any, NamedTuple

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from accounts import rows
from accounts.models import User


class SignIn(NamedTuple):
    """A valid session, and whose it is."""

    session_key: str
    session: dict[str, Any]
    user: User


# As many parameters as every database takes.
KEYS_A_QUERY = 500

prepared: ContextVar[SignIn | None] = ContextVar("prepared", default=None)


def sign_ins(session_keys: Iterable[str]) -> dict[str, SignIn]:
    """Those of these sessions that somebody is signed in by; two queries for every 500 keys."""
    rest = iter(session_keys)
    found: dict[str, SignIn] = {}
    while part := list(islice(rest, KEYS_A_QUERY)):
        found |= read(part)
    return found


def read(session_keys: list[str]) -> dict[str, SignIn]:
    decode = SessionStore().decode
    sessions = {key: decode(data) for key, data in rows.sessions(session_keys).items()}
    claimed = {key: int(session.get(SESSION_KEY, 0)) for key, session in sessions.items()}
    users = rows.users(set(claimed.values()))
    return {
        key: SignIn(key, session, user)
        for key, session in sessions.items()
        if (user := users.get(claimed[key])) and is_good(session, user)
    }


def is_good(session: dict[str, Any], user: User) -> bool:
    """Whether the session was begun with the user's present password."""
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
