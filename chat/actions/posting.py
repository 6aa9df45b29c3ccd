"""Post, for many at once: one transaction stores whatever gathered while the last one ran."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction

from chat import access, mentions, texts
from chat.actions.inserting import insert_rows
from chat.actions.publishing import publish_on_commit
from chat.actions.rooms import enter_room
from chat.errors import ChatError, no_such_message
from chat.models import Membership, Message, Room
from chat.models.messages import digest_of
from chat.node import node

if TYPE_CHECKING:
    from concurrent.futures import Future

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody asks to be posted; the text is clean."""

    user_id: int
    slug: str
    text: str
    client_id: uuid.UUID = field(default_factory=uuid.uuid4)
    reply_to: int | None = None

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

    Raises ChatError: empty, too_long, no_such_room, forbidden, no_such_message for what it
    replies to, and conflict where the id was used for something else.
    """
    post = Post(sender.pk, room.slug, texts.clean_text(text), client_id or uuid.uuid4(), reply_to)
    return store_now(post)


def store_now(post: Post) -> Posted:
    """Store with the next batch and wait for it; not in the event loop. Raises ChatError."""
    return node.writer.store(store_posts, post)


def store_soon(post: Post) -> Future[Posted]:
    """Store with the next batch. Any thread. Raises Overloaded; the future may hold a ChatError."""
    return node.writer.gather(store_posts, post)


def store_posts(posts: Sequence[Post]) -> Sequence[Outcome]:
    """On the writer's thread. What one post lacks does not fail its neighbours."""
    try:
        with transaction.atomic():
            return Batch(posts).store()
    except OperationalError:
        raise
    except Exception:
        # Another process stored one of these ids between our look and our insert; a room or an
        # account has just gone. One by one the next look finds it, and only that one fails.
        return [store_alone(post) for post in posts]


def store_alone(post: Post) -> Outcome:
    try:
        with transaction.atomic():
            (outcome,) = Batch([post]).store()
    except Exception as problem:
        return problem
    return outcome


class Batch:
    """One transaction's posts. Reads what all of them need first, in a few queries."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self.posts = posts
        self.rooms = {
            room.slug: room for room in Room.objects.filter(slug__in={post.slug for post in posts})
        }
        users = {post.user_id for post in posts}
        self.memberships = {
            (membership.user_id, membership.room_id): membership
            for membership in Membership.objects.select_related("user").filter(
                user__in=users, room__in=self.rooms.values()
            )
        }
        earlier = Message.objects.in_full().filter(
            sender__in=users, client_id__in={post.client_id for post in posts}
        )
        self.known = {(message.sender_id, message.client_id): message for message in earlier}
        self.replied_to = dict(
            Message.objects.filter(
                pk__in={post.reply_to for post in posts if post.reply_to is not None}
            ).values_list("pk", "room_id")
        )
        self.fresh: list[Message] = []

    def store(self) -> list[Outcome]:
        outcomes = [self.outcome_of(post) for post in self.posts]
        if self.fresh:
            self.take_ticks()
            mentioned = self.find_mentioned()
            insert_rows(self.fresh)
            insert_rows(
                [row for message, people in mentioned for row in mentions.rows(message, people)]
            )
            self.move_read_positions()
            for message in self.fresh:
                publish_on_commit(message)
        return outcomes

    def outcome_of(self, post: Post) -> Outcome:
        try:
            known = self.known.get(post.key)
            if known and self.has_left(post):
                # What was stored stays acknowledged; only who was put out learns nothing more.
                return same_post(known, post)
            room, sender = self.allowed(post)
            if known:
                return same_post(known, post)
            if post.reply_to is not None and self.replied_to.get(post.reply_to) != room.pk:
                raise no_such_message()
        except ChatError as refusal:
            return refusal
        message = Message(
            room=room,
            sender=sender,
            text=post.text,
            client_id=post.client_id,
            digest=digest_of(room.pk, post.text),
            reply_to_id=post.reply_to,
        )
        self.known[post.key] = message
        self.fresh.append(message)
        return Posted(message, duplicate=False)

    def has_left(self, post: Post) -> bool:
        room = self.rooms.get(post.slug)
        own = self.memberships.get((post.user_id, room.pk)) if room else None
        return bool(own and own.standing == Membership.Standing.LEFT)

    def allowed(self, post: Post) -> tuple[Room, User]:
        """Room and sender as they are now. A first post into a public room makes a member."""
        room = self.rooms.get(post.slug)
        membership = self.memberships.get((post.user_id, room.pk)) if room else None
        if room and membership and membership.belongs:
            return room, membership.user
        sender = get_user_model().objects.filter(pk=post.user_id).first()
        if sender is None:
            raise ChatError("not_signed_in", "This account is gone.")
        room = access.room(sender, post.slug)
        membership = enter_room(room=room, user=sender)
        self.memberships[sender.pk, room.pk] = membership
        return room, sender

    def take_ticks(self) -> None:
        """Rooms in one order everywhere: two processes never wait for each other's second one."""
        by_room: dict[int, list[Message]] = {}
        for message in self.fresh:
            by_room.setdefault(message.room_id, []).append(message)
        for _, messages in sorted(by_room.items()):
            room, count = messages[0].room, len(messages)
            last = room.advance(count, posts=count)
            for place, message in enumerate(messages, 1):
                message.seq = message.tick = last - count + place
                message.number = room.posted - count + place

    def find_mentioned(self) -> list[tuple[Message, list[User]]]:
        found = [
            (message, people)
            for message in self.fresh
            if (people := mentions.people_in(message.text, message.room))
        ]
        for message, people in found:
            message.mentions = [user.username for user in people]
        return found

    def move_read_positions(self) -> None:
        """Who posts has seen what was there."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE chat_membership SET read = %s WHERE id = %s AND read < %s",
                [(tick, membership, tick) for membership, tick in self.positions()],
            )

    def positions(self) -> Iterator[tuple[int, int]]:
        last = {(each.sender_id, each.room_id): each.seq for each in self.fresh}
        return ((self.memberships[key].pk, tick) for key, tick in sorted(last.items()))


def same_post(earlier: Message, post: Post) -> Posted:
    is_same_room = earlier.room.slug == post.slug
    if not is_same_room or bytes(earlier.digest) != digest_of(earlier.room_id, post.text):
        raise ChatError("conflict", "This client_id was used before for another message.")
    return Posted(earlier, duplicate=True)
