"""Tell everybody, once it can be read by everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from chat import events, protocol
from chat.models import Message
from chat.node import node

# What alters how much waits for somebody.
NEWS = {Message.Change.POSTED, Message.Change.EDITED, Message.Change.DELETED}


def publish_on_commit(message: Message) -> None:
    """Tell the room of the latest change of a message when the transaction has been committed."""
    text = protocol.encode(events.change(message, prev=message.tick - 1))
    is_news = message.change in NEWS
    after_commit(node.bus.publish_change, message.room_id, text, tick=message.tick, is_news=is_news)


def after_commit(tell: Callable[..., object], *arguments: Any, **named: Any) -> None:
    """Robust: whatever goes wrong in the telling, what is stored is stored."""
    # Not a partial: Django asks for the __qualname__ of what failed, and fails itself without one.
    transaction.on_commit(lambda: tell(*arguments, **named), robust=True)
