"""Names of what connections listen to. ASCII, from numbers and digests alone: safe on any bus."""

import hashlib

ROOM = "room."
USER = "user."
# Every process.
EVERYBODY = "everybody"


def room(room_id: int) -> str:
    return f"{ROOM}{room_id}"


def room_id(topic: str) -> int:
    """The room of a room's topic."""
    return int(topic.removeprefix(ROOM))


def user(user_id: int) -> str:
    return f"{USER}{user_id}"


def session(session_key: str) -> str:
    """Of one sign-in. The key itself, which opens the account, never becomes a name."""
    return f"session.{hashlib.blake2b(session_key.encode(), digest_size=16).hexdigest()}"
