"""Keep uploaded files until they are sent, and forget those that never were."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import pictures, shelf
from chat.actions import portraits
from chat.actions.publishing import after_commit
from chat.actions.waiting import queue
from chat.errors import ChatError
from chat.limits import UNSENT_FILES, UNSENT_SECONDS
from chat.models import Attachment, Room
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User

# Forgotten with each upload: who uploads much clears up much.
FORGOTTEN_AT_ONCE = 20


def upload(*, room: Room, uploader: User, path: Path, name: str, content_type: str) -> Attachment:
    """Take a file out of `shelf.incoming`. In a thread that may take its time.

    Raises ChatError: rate_limited where too much waits to be sent, unavailable also where too many
    come at once.
    """
    try:
        key, small = shelf.new_key(), path.with_name(f"{path.name}{shelf.THUMBNAIL}")
        with queue.place(uploader.pk):
            picture = pictures.look_at(path, small)
        size = path.stat().st_size
        shelf.keep(path, key, small if picture else None)
    except OSError:
        raise shelf.no_space() from None
    try:
        attachment = Attachment(
            room=room,
            uploader=uploader,
            key=key,
            name=name,
            content_type=picture.content_type if picture else content_type,
            size=size,
            width=picture.width if picture else None,
            height=picture.height if picture else None,
        )
        node.writer.run(partial(store, attachment))
    except BaseException:
        shelf.drop([key])
        raise
    return attachment


def take_back(*, attachment: Attachment) -> None:
    """Forget an upload that was not sent."""
    node.writer.run(partial(forget, [attachment.pk]))


def clear_up() -> int:
    """Forget everything that nobody sent in time, and files that belong to nothing; how many."""
    count = 0
    while forgotten := node.writer.run(forget_old):
        count += forgotten
    for key in shelf.keys_older_than(UNSENT_SECONDS):
        if not Attachment.objects.filter(key=key).exists():
            shelf.drop([key])
            count += 1
    count += portraits.clear_up()
    shelf.clear_incoming(UNSENT_SECONDS)
    return count


# --- On the writer's thread


def store(attachment: Attachment) -> None:
    with transaction.atomic():
        forget_old()
        waiting = Attachment.objects.unsent().filter(uploader=attachment.uploader)
        if waiting.count() >= UNSENT_FILES:
            detail = _("Too many files of yours wait to be sent. Send or remove some first.")
            raise ChatError("rate_limited", detail, retry_after=60.0)
        attachment.save(force_insert=True)


def forget_old() -> int:
    since = timezone.now() - timedelta(seconds=UNSENT_SECONDS)
    old = Attachment.objects.unsent().filter(created_at__lt=since).order_by("created_at")
    return forget(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])


def forget(ids: Iterable[int]) -> int:
    """Those of these that were not sent meanwhile."""
    with transaction.atomic():
        unsent = Attachment.objects.unsent().filter(pk__in=list(ids))
        # Held on PostgreSQL: another process may be sending one.
        held = dict(unsent.select_for_update().values_list("pk", "key"))
        if held:
            Attachment.objects.filter(pk__in=held).delete()
            after_commit(shelf.drop, list(held.values()))
    return len(held)
