"""Keep the picture that somebody has of themselves, and forget the one that they had before."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from chat import pictures, shelf
from chat.actions.publishing import after_commit
from chat.actions.waiting import queue
from chat.errors import bad_frame
from chat.limits import UNSENT_SECONDS
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User


def show(*, user: User, path: Path) -> None:
    """Draw the picture in a file small and square. In a thread that may take its time.

    Raises ChatError: bad_frame where there is none, unavailable also where too many come at once.
    """
    key, small = shelf.new_key(), path.with_name(f"{path.name}{shelf.THUMBNAIL}")
    try:
        with queue.place(user.pk):
            is_picture = pictures.draw_portrait(path, small)
        if not is_picture:
            raise bad_frame(
                _("This cannot be shown as a picture. Choose a PNG, JPEG, GIF or WebP.")
            )
        shelf.keep_portrait(small, key)
    except OSError:
        raise shelf.no_space() from None
    try:
        node.writer.run(partial(user.change_picture, key))
    except BaseException:
        shelf.drop_portraits([key])
        raise


def hide(*, user: User) -> None:
    node.writer.run(partial(user.change_picture, ""))


def forget(key: str) -> None:
    """Once that is stored, of a picture that nobody has any more."""
    after_commit(shelf.drop_portraits, [key])


def clear_up() -> int:
    """Forget files that nobody's picture is, such as of a process that was killed; how many."""
    old = set(shelf.portraits_older_than(UNSENT_SECONDS))
    known = get_user_model().objects.exclude(picture="").values_list("picture", flat=True)
    stray = old.difference(known)
    shelf.drop_portraits(stray)
    return len(stray)
