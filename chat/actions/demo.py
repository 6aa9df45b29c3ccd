"""Rows for the place in `chat.demo`: as if its people had talked there for two weeks.

Every change takes the room's next tick, as it would have, at a moment in the past.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageDraw

from chat import demo, markup, mentions, names, shelf
from chat.actions import portraits
from chat.actions.inserting import insert_rows
from chat.actions.rooms import free_slug, secret_slug
from chat.errors import ChatError
from chat.models import Membership, Message, MessageRevision, Reaction, Room
from chat.models.messages import digest_of
from chat.node import node

if TYPE_CHECKING:
    from accounts.models import User

DAYS = 13
# The last thread of each room is from today.
RECENT = timedelta(minutes=90)
Change = Message.Change


class Outcome(NamedTuple):
    people: list[User]
    rooms: list[Room]
    messages: int


def strangers() -> int:
    """How many people are here who are not of the demonstration."""
    return get_user_model().objects.exclude(username__in=demo.EVERYBODY).count()


def make_demo(*, password: str, seed: int, now: datetime | None = None) -> Outcome:
    """The people with this password, their rooms, and what they said; what they had goes.

    Raises ChatError(conflict) where somebody else has a room of one of these names.
    """
    made = node.writer.run(partial(build, password, seed, now or timezone.now()))
    for user in made.people:
        if user.username in demo.SHOWN:
            give_picture(user)
    return made


def build(password: str, seed: int, now: datetime) -> Outcome:
    with transaction.atomic():
        people = make_people(password, is_new_place=not strangers())
        clear_rooms(people)
        talks = [
            Talk(place, people, random.Random(f"{seed} {place.name}"), now)  # noqa: S311 - no secret
            for place in demo.PLACES
        ]
        for talk in talks:
            talk.store()
    count = sum(len(talk.messages) for talk in talks)
    return Outcome(list(people.values()), [talk.room for talk in talks], count)


# --- People


def make_people(password: str, *, is_new_place: bool) -> dict[str, User]:
    """By username. The first of them administers a place in which nobody else is."""
    User = get_user_model()
    known = {user.username for user in User.objects.filter(username__in=demo.EVERYBODY)}
    # Hashed once: it is meant to take long.
    hashed = make_password(password)
    new = [each for each in demo.PEOPLE if each.username not in known]
    User.objects.bulk_create(
        User(username=each.username, display_name=each.name, email=each.email) for each in new
    )
    people = {user.username: user for user in User.objects.filter(username__in=demo.EVERYBODY)}
    for user in people.values():
        user.password = hashed
        if is_new_place:
            user.is_staff = user.is_superuser = user.username == demo.FIRST
        # One by one: who was signed in with another password is not any more.
        user.save()
    EmailAddress.objects.bulk_create(
        EmailAddress(user=people[each.username], email=each.email, verified=True, primary=True)
        for each in new
    )
    return {username: people[username] for username in demo.EVERYBODY}


def give_picture(user: User) -> None:
    path = shelf.incoming() / f"of-the-demonstration-{user.pk}.png"
    landscape(random.Random(user.username)).save(path, "PNG")  # noqa: S311 - no secret
    try:
        portraits.show(user=user, path=path)
    finally:
        path.unlink()


def landscape(chance: random.Random) -> Image.Image:
    """Hills below a sun: instead of faces, which would be somebody's."""
    edge, hue = 480, chance.randrange(360)
    image = Image.new("RGB", (edge, edge), f"hsl({hue}, 55%, 82%)")
    draw = ImageDraw.Draw(image)
    left, top = chance.randrange(80, 300), chance.randrange(60, 140)
    draw.ellipse((left, top, left + 110, top + 110), fill=f"hsl({hue + 180}, 85%, 70%)")
    for far, light in enumerate((60, 46, 32)):
        middle, wide = chance.randrange(edge), chance.randrange(260, 480)
        box = (middle - wide, 220 + 70 * far, middle + wide, 900)
        draw.ellipse(box, fill=f"hsl({hue + 25 * far}, 40%, {light}%)")
    return image


def clear_rooms(people: dict[str, User]) -> None:
    first = people[demo.FIRST]
    for place in demo.PLACES:
        same = Room.objects.filter(identity=names.identity(place.name))
        own = same.filter(created_by=first)
        if not place.is_private and same.filter(kind=Room.Kind.PUBLIC).exclude(pk__in=own).exists():
            raise ChatError(
                "conflict", _("Somebody else has a room named %(name)s."), name=place.name
            )
        own.delete()


# --- A room


class Talk:
    """One room's clock, and all that happened at its ticks."""

    def __init__(
        self, place: demo.Place, people: dict[str, User], dice: random.Random, now: datetime
    ) -> None:
        self.place = place
        self.people = people
        self.dice = dice
        self.now = now
        self.moment = now - timedelta(days=DAYS + 1)
        self.room = self.new_room()
        self.messages: list[Message] = []
        self.answers: dict[int, Message] = {}
        self.revisions: list[MessageRevision] = []
        self.reactions: list[Reaction] = []

    def new_room(self) -> Room:
        name = self.place.name
        return Room(
            name=name,
            identity=names.identity(name),
            slug=secret_slug(name) if self.place.is_private else free_slug(name),
            kind=Room.Kind.PRIVATE if self.place.is_private else Room.Kind.PUBLIC,
            topic=self.place.topic,
            created_by=self.people[demo.FIRST],
            created_at=self.moment,
        )

    def store(self) -> None:
        """Within a transaction."""
        self.room.save()
        self.store_members()
        threads = demo.threads_of(self.place, self.dice)
        for thread, start in zip(threads, self.starts(len(threads)), strict=True):
            self.moment = max(self.moment + timedelta(minutes=3), start)
            self.hold(thread)
        self.store_messages()
        self.room.save(update_fields=["tick", "posted"])
        self.store_positions(len(threads[-1]))

    def starts(self, count: int) -> Iterator[datetime]:
        """Spread over the days, and over their hours; the last one is of today."""
        for place in range(count - 1):
            day = self.now - timedelta(days=DAYS * (1 - place / count))
            yield day + timedelta(minutes=self.dice.randrange(240))
        yield self.now - RECENT

    def hold(self, thread: list[demo.Turn]) -> None:
        said: list[Message] = []
        for turn in thread:
            self.wait(15, 150)
            message = self.post(turn)
            if turn.answers:
                self.answers[len(self.messages) - 1] = said[-turn.answers]
            said.append(message)
            for emoji, username in turn.reactions:
                self.wait(2, 12)
                self.reactions.append(
                    Reaction(message=message, user=self.people[username], emoji=emoji)
                )
                self.change(message, Change.REACTION_ADDED)
            if turn.edited:
                self.edit(message, turn.edited)
            if turn.is_deleted:
                self.delete(message)

    def wait(self, least: int, most: int) -> None:
        self.moment += timedelta(milliseconds=self.dice.randrange(least * 1000, most * 1000))

    def post(self, turn: demo.Turn) -> Message:
        self.room.tick += 1
        self.room.posted += 1
        message = Message(
            room=self.room,
            seq=self.room.tick,
            tick=self.room.tick,
            number=self.room.posted,
            sender=self.people[turn.who],
            text=turn.text,
            client_id=uuid.UUID(int=self.dice.getrandbits(128), version=4),
            digest=digest_of(self.room.pk, turn.text),
            created_at=self.moment,
        )
        self.messages.append(message)
        return message

    def change(self, message: Message, change: str) -> None:
        self.room.tick += 1
        message.tick = self.room.tick
        message.change = change

    def edit(self, message: Message, text: str) -> None:
        self.wait(20, 60)
        self.revisions.append(
            MessageRevision(message=message, text=message.text, replaced_at=self.moment)
        )
        message.text = text
        message.edited_at = self.moment
        self.change(message, Change.EDITED)

    def delete(self, message: Message) -> None:
        self.wait(10, 40)
        message.text = ""
        message.deleted_at = self.moment
        self.change(message, Change.DELETED)

    # --- Into the database

    def store_members(self) -> None:
        roles = {
            demo.FIRST: Membership.Role.OWNER,
            self.place.members[1]: Membership.Role.MODERATOR,
        }
        Membership.objects.bulk_create(
            Membership(
                room=self.room,
                user=self.people[username],
                role=roles.get(username, Membership.Role.MEMBER),
                joined_at=self.moment,
            )
            for username in self.place.members
        )

    def store_messages(self) -> None:
        for message in self.messages:
            message.html = markup.render(message.text) if markup.needs_markup(message.text) else ""
        mentioned = [(message, mentions.settle(message, node.crowds)) for message in self.messages]
        insert_rows(self.messages)
        # Their ids are known only now.
        for place, original in self.answers.items():
            self.messages[place].reply_to = original
        Message.objects.bulk_update([self.messages[place] for place in self.answers], ["reply_to"])
        insert_rows(
            [row for message, people in mentioned for row in mentions.rows(message, people)]
        )
        gone = {message.pk for message in self.messages if message.deleted_at}
        MessageRevision.objects.bulk_create(
            row for row in self.revisions if row.message.pk not in gone
        )
        Reaction.objects.bulk_create(row for row in self.reactions if row.message.pk not in gone)

    def store_positions(self, latest: int) -> None:
        """Some have read everything, some have the last thread before them."""
        before_it = self.messages[-latest].seq - 1
        everybody: Iterable[Membership] = self.room.memberships.select_related("user")
        for membership in everybody:
            spoke_last = membership.user_id == self.messages[-1].sender_id
            has_read = self.dice.random() < 0.5 or spoke_last
            membership.read = self.room.tick if has_read else before_it
            membership.save(update_fields=["read"])
