"""What happens in the chat when the site gets its first administrator."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.signals import administrator_made
from chat.actions.first_room import open_first_room


def begin() -> None:
    administrator_made.connect(on_administrator_made)


def on_administrator_made(user: User, **_: Any) -> None:
    open_first_room(by=user)
