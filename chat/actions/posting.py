"""Post, for many at once: one transaction stores whatever gathered while the last one ran."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

from chat import access, mentions, texts
from chat.actions.conversations import bring_back_to_everybody, tell_that_it_is_back
from chat.actions.formatting import html_of
from chat.actions.inserting import insert_rows
from chat.actions.publishing import publish_on_commit
from chat.actions.rooms import enter_room
from chat.errors import ChatError, no_such_message, no_such_room, read_only
from chat.models import Attachment, Membership, Message, Room
from chat.models.messages import digest_of
from chat.models.posting_rows import Basis, bases, move_on
from chat.models.rooms import advance, hold
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User
    from chat.realtime.writer import Settled

log = logging.getLogger("chat.posting")

# Another process stored one of these ids, sent one of these files, or deleted a room or an account
# between our look and our insert. One by one the next look finds it, and only that one fails.
RACES = (IntegrityError, ObjectDoesNotExist, ChatError)


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody asks to be posted; the text is clean."""

    user_id: int
    slug: str
    text: str
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)
    reply_to: int | None = None
    # What `formatted` adds.
    html: str = ""
    # Ids of uploads of one's own.
    attachments: tuple[int, ...] = ()

    @property
    def key(self) -> tuple[int, uuid.UUID]:
        return self.user_id, self.client_id


class Posted(NamedTuple):
    message: Message
    # It had been stored before, under the same client id.
    duplicate: bool


Outcome = Posted | Exception


def post_message(
    *,
    room: Room,
    sender: User,
    text: str,
    client_id: uuid.UUID | None = None,
    reply_to: int | None = None,
) -> Posted:
    """Store a message and tell the room, once for each `client_id` of a sender.

    Raises ChatError: empty, too_long, no_such_room, forbidden, read_only, no_such_message for
    what it replies to, and conflict where the id was used for something else.
    """
    post = Post(sender.pk, room.slug, texts.clean_text(text), client_id or uuid.uuid4(), reply_to)
    return store_now(post)


def formatted(post: Post) -> Post:
    """With its HTML. Takes milliseconds where there is much to format: not in the event loop."""
    return replace(post, html=html) if (html := html_of(post.text, by=post.user_id)) else post


def store_now(post: Post) -> Posted:
    """Store with the next batch and wait for it; not in the event loop. Raises ChatError."""
    return node.writer.store(store_posts, formatted(post))


def store_soon(post: Post, settled: Settled[Posted]) -> None:
    """Store a `formatted` post with the next batch; see Writer.gather. Any thread.

    Raises Overloaded; the outcome may be a ChatError.
    """
    node.writer.gather(store_posts, post, settled)


def store_posts(posts: Sequence[Post]) -> Sequence[Outcome]:
    """On the writer's thread. What one post lacks does not fail its neighbours."""
    try:
        with transaction.atomic():
            return Batch(posts).store()
    except (OperationalError, InterfaceError):
        raise
    except RACES:
        pass
    except Exception:
        log.exception("A batch of %d posts failed; they are stored one by one.", len(posts))
    return [store_alone(post) for post in posts]


def store_alone(post: Post) -> Outcome:
    try:
        with transaction.atomic():
            (outcome,) = Batch([post]).store()
    except Exception as problem:
        return problem
    return outcome


class Batch:
    """One transaction's posts. What all of them need is read first, by one question."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self.posts = posts
        self.bases = bases(
            [(post.user_id, post.slug, post.client_id, post.reply_to) for post in posts]
        )
        self.known = known_messages(self.bases)
        self.fresh: list[Message] = []
        self.files: list[tuple[Message, list[Attachment]]] = []
        # The membership by which somebody posts into a room.
        self.memberships: dict[tuple[int, int], int] = {}

    def store(self) -> list[Outcome]:
        if any(basis.standing in {None, Membership.Standing.LEFT} for basis in self.bases):
            # Who comes in holds their room: all are held here, in one order.
            hold({basis.room_id for basis in self.bases if basis.room_id is not None})
        outcomes = [
            self.outcome_of(post, basis) for post, basis in zip(self.posts, self.bases, strict=True)
        ]
        if self.fresh:
            self.take_ticks()
            talks = {each.room for each in self.fresh if each.room.is_direct}
            awake = [(room, bring_back_to_everybody(room)) for room in talks]
            mentioned = self.find_mentioned()
            insert_rows(self.fresh)
            insert_rows(
                [row for message, people in mentioned for row in mentions.rows(message, people)]
            )
            for message, files in self.files:
                hand_over(files, message)
            self.move_read_positions()
            for room, user_ids in awake:
                tell_that_it_is_back(room, user_ids)
            for message in self.fresh:
                publish_on_commit(message)
        return outcomes

    def outcome_of(self, post: Post, basis: Basis) -> Outcome:
        try:
            known = self.known.get(post.key)
            if known and basis.standing == Membership.Standing.LEFT:
                # What was stored stays acknowledged; only who was put out learns nothing more.
                return same_post(known, post)
            room, sender, closed = self.allowed(post, basis)
            if known:
                return same_post(known, post)
            if closed:
                raise read_only(closed)
            if post.reply_to is not None and basis.replied_to_room_id != room.pk:
                raise no_such_message()
            files = find_files(post, room) if post.attachments else []
        except ChatError as refusal:
            return refusal
        message = Message(
            room=room,
            sender=sender,
            text=post.text,
            html=post.html,
            client_id=post.client_id,
            digest=digest_of(room.pk, post.text, post.attachments),
            reply_to_id=post.reply_to,
        )
        if files:
            message.attachments = [file.told for file in files]
            self.files.append((message, files))
        self.known[post.key] = message
        self.fresh.append(message)
        return Posted(message, duplicate=False)

    def allowed(self, post: Post, basis: Basis) -> tuple[Room, User, str]:
        """Room, sender, why they cannot post. A first post into a public room makes a member."""
        if basis.standing == Membership.Standing.BELONGS:
            assert basis.room_id
            assert basis.membership_id
            self.memberships[post.user_id, basis.room_id] = basis.membership_id
            sender = known_sender(post.user_id, basis.username, basis.display_name, basis.picture)
            closed = access.why_closed(basis.archived, basis.posting, basis.role)
            return known_room(basis.room_id, post.slug, basis.kind), sender, closed
        newcomer = get_user_model().objects.filter(pk=post.user_id).first()
        if newcomer is None:
            raise ChatError("not_signed_in", _("This account is gone."))
        room = access.room(newcomer, post.slug)
        own = enter_room(room=room, user=newcomer)
        self.memberships[newcomer.pk, room.pk] = own.pk
        return room, newcomer, access.why_closed(room.archived, room.posting, own.role)

    def take_ticks(self) -> None:
        """Raises ChatError(no_such_room) where one has just gone."""
        by_room: dict[int, list[Message]] = {}
        for message in self.fresh:
            by_room.setdefault(message.room_id, []).append(message)
        clocks = advance({room: (len(each), len(each)) for room, each in by_room.items()})
        if len(clocks) < len(by_room):
            raise no_such_room()
        for room_id, messages in by_room.items():
            tick, posted = clocks[room_id]
            for place, message in enumerate(messages, 1 - len(messages)):
                message.seq = message.tick = tick + place
                message.number = posted + place

    def find_mentioned(self) -> list[tuple[Message, list[User]]]:
        settled = [(each, mentions.settle(each, node.crowds)) for each in self.fresh]
        return [(message, people) for message, people in settled if people]

    def move_read_positions(self) -> None:
        """Who posts has seen what was there."""
        last = {(each.sender_id, each.room_id): each.seq for each in self.fresh}
        move_on({self.memberships[key]: tick for key, tick in last.items()})


def known_messages(bases: Iterable[Basis]) -> dict[tuple[int, uuid.UUID], Message]:
    """What was posted before under the same ids. Hardly ever anything: then nothing is asked."""
    earlier = [basis.earlier_id for basis in bases if basis.earlier_id is not None]
    if not earlier:
        return {}
    messages = Message.objects.in_full().filter(pk__in=earlier)
    return {(message.sender_id, message.client_id): message for message in messages}


def find_files(post: Post, room: Room) -> list[Attachment]:
    """In the order of the post. Raises ChatError(no_such_message)."""
    own = Attachment.objects.unsent().filter(uploader=post.user_id, room=room)
    found = own.in_bulk(post.attachments)
    if len(found) < len(post.attachments):
        raise no_such_file()
    return [found[each] for each in post.attachments]


def hand_over(files: list[Attachment], message: Message) -> None:
    """Raises ChatError(no_such_message) where another post was faster: only one has a file."""
    own = Attachment.objects.unsent().filter(pk__in=[file.pk for file in files])
    if own.update(message=message) < len(files):
        raise no_such_file()


def no_such_file() -> ChatError:
    detail = _("A file is not there any more, or was sent before. Add it once more.")
    return ChatError("no_such_message", detail)


# The same few rooms and people all day: to make an instance takes as long as to insert a row.


@lru_cache(maxsize=4096)
def known_room(room_id: int | None, slug: str, kind: str | None) -> Room:
    """With nothing but what never changes of a message's room. Nobody changes it."""
    return Room.from_db(connection.alias, ["id", "slug", "kind"], [room_id, slug, kind])


@lru_cache(maxsize=4096)
def known_sender(
    user_id: int, username: str | None, display_name: str | None, picture: str | None
) -> User:
    """With nothing but what a message tells of its sender. Nobody changes it."""
    fields = ["id", "username", "display_name", "picture"]
    values = [user_id, username, display_name, picture]
    return get_user_model().from_db(connection.alias, fields, values)


def same_post(earlier: Message, post: Post) -> Posted:
    is_same_room = earlier.room.slug == post.slug
    digest = digest_of(earlier.room_id, post.text, post.attachments)
    if not is_same_room or bytes(earlier.digest) != digest:
        raise ChatError("conflict", _("This client_id was used before for another message."))
    return Posted(earlier, duplicate=True)
