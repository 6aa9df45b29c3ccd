"""Of what somebody wants to be told in a room. Theirs alone: nobody else learns of it."""

from __future__ import annotations

from functools import partial

from chat.models import Membership
from chat.node import node


def set_notify(*, membership: Membership, level: str) -> None:
    """Not in the event loop."""
    node.writer.run(partial(change_notify, membership, level))


def change_notify(membership: Membership, level: str) -> None:
    membership.notify = level
    membership.save(update_fields=["notify"])
