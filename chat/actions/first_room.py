"""The room that a new site begins with, and what is said there about the place."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chat.actions.formatting import html_of
from chat.actions.posting import Batch, Post
from chat.actions.rooms import free_slug, make_room
from chat.actions.settings import store_changes
from chat.models import Room
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User


def open_first_room(*, by: User) -> Room | None:
    """The Lobby, with a few lines of its owner's; None where there are rooms already."""
    # The words are chosen and formatted here: the writer's thread speaks nobody's language, and
    # has no time.
    topic = _("Where everybody comes in")
    words = [(text, html_of(text, by=by.pk)) for text in first_words()]
    return node.writer.run(partial(make_first_room, by, _("Lobby"), topic, words))


def make_first_room(by: User, name: str, topic: str, words: list[tuple[str, str]]) -> Room | None:
    if Room.objects.exists():
        return None
    try:
        with transaction.atomic():
            # Two that do this at once: there is one public room of a name.
            room = make_room(name, free_slug(name), by, Room.Kind.PUBLIC)
            store_changes(room.pk, None, {"topic": topic})
            # Ordinary messages: their author can mend them, or take them away.
            Batch([Post(by.pk, room.slug, text, html=html) for text, html in words]).store()
    except IntegrityError:
        return None
    return room


def first_words() -> list[str]:
    return [
        _(
            "Welcome! 👋 Everybody who comes finds this room. Worth knowing:\n"
            "- **Aa** beside the message box tells how to write *like this*, quote, or show code.\n"
            "- Point at a message, or touch it, to react, to reply or to copy a link to it.\n"
            "- Write @ and a name, and that person is told."
        ),
        _(
            "Nobody else here yet? **Invite people**, beside the list of who is here, makes a link"
            " to send to whomever you like."
        ),
    ]
