"""The demonstration is a place like any other: what it wrote could have happened there."""

import io
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from chat import demo, history
from chat.actions.demo import make_demo
from chat.actions.posting import post_message
from chat.models import Membership, Mention, Message, MessageRevision, Reaction, Room
from chat.models.messages import digest_of
from chat.models.own_rooms import own_rooms
from chat.texts import clean_emoji, clean_text
from tests.cast import make_user

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick(transactional_db: None, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def shape() -> list[Any]:
    fields = ("room__name", "seq", "tick", "sender__username", "text", "created_at", "client_id")
    return list(Message.objects.order_by("room__name", "seq").values_list(*fields))


def test_every_row_is_as_the_actions_would_have_written_it() -> None:
    made = make_demo(password="x", seed=1, now=NOW)
    assert (len(made.people), len(made.rooms)) == (12, 6)
    assert {each.username for each in made.people if each.picture} == set(demo.SHOWN)
    assert 200 <= made.messages == Message.objects.count() <= 1000
    for room in Room.objects.all():
        found = list(Message.objects.filter(room=room).order_by("seq"))
        assert [message.number for message in found] == list(range(1, len(found) + 1))
        assert room.posted == len(found)
        assert room.tick == max(message.tick for message in found)
        for before, after in itertools.pairwise(found):
            assert before.created_at < after.created_at < NOW
        changes = MessageRevision.objects.filter(message__room=room).count()
        changes += Reaction.objects.filter(message__room=room).count()
        changes += sum(1 for message in found if message.deleted_at)
        assert room.tick == len(found) + changes
        members = {each.user_id for each in room.memberships.belonging()}
        for message in found:
            assert_could_have_happened(message, members)
        assert history.newest(room).messages
    for message in Message.objects.filter(reply_to__isnull=False).select_related("reply_to"):
        assert message.reply_to
        assert (message.reply_to.room_id, message.reply_to.seq < message.seq) == (
            message.room_id,
            True,
        )
    named = Message.objects.exclude(mentions=[]).count()
    assert 5 <= named <= Mention.objects.values("message").aggregate(n=Count("message_id"))["n"]


def assert_could_have_happened(message: Message, members: set[int]) -> None:
    assert message.sender_id in members
    assert set(message.reactions.values_list("user", flat=True)) <= members
    for reaction in message.reactions.all():
        assert clean_emoji(reaction.emoji) == reaction.emoji
    if message.deleted_at:
        assert (message.text, message.mentions, message.change) == ("", [], "message.deleted")
        return
    assert clean_text(message.text) == message.text
    first = message.revisions.first()
    said = first.text if first else message.text
    assert bytes(message.digest) == digest_of(message.room_id, said)
    assert (message.tick > message.seq) == (message.change != "message.posted")


def test_what_waits_is_what_is_behind_the_position_and_talk_goes_on() -> None:
    make_demo(password="x", seed=1)
    ada = User.objects.get(username="ada")
    unread = 0
    for own in own_rooms(ada.pk):
        behind = Message.objects.filter(room=own.room_id, seq__gt=own.read, deleted_at=None)
        assert own.unread == behind.exclude(sender=ada).count()
        unread += own.unread
    assert unread
    lobby = Room.objects.get(name="Lobby")
    posted = post_message(room=lobby, sender=ada, text="And on it goes").message
    assert (posted.seq, posted.number) == (lobby.tick + 1, lobby.posted + 1)


def test_the_same_seed_is_the_same_talk_and_again_is_anew() -> None:
    make_demo(password="x", seed=1, now=NOW)
    first = shape()
    make_demo(password="x", seed=1, now=NOW)
    assert shape() == first
    make_demo(password="x", seed=2, now=NOW)
    assert shape() != first
    assert (User.objects.count(), Room.objects.count()) == (12, 6)


def test_the_command_prints_a_password_that_opens_and_makes_an_administrator() -> None:
    said = io.StringIO()
    call_command("seed_demo", stdout=said)
    password = said.getvalue().split("password")[1].split()[0]
    client = Client()
    answer = client.post("/accounts/login/", {"login": "ليلى", "password": password})
    assert answer.status_code == 302
    assert User.objects.get(is_superuser=True).username == demo.FIRST
    assert (
        Membership.objects.filter(user__username="olga", room__name="Olga's ten years").count() == 0
    )


def test_it_does_not_come_among_other_people_unless_it_is_told_to() -> None:
    alice = make_user("alice")
    with pytest.raises(CommandError):
        call_command("seed_demo")
    assert User.objects.count() == 1
    call_command("seed_demo", "--force", "--password=kettle", stdout=io.StringIO())
    # Among others nobody of them is more than a guest.
    assert not User.objects.filter(is_superuser=True).exists()
    assert alice.is_active
