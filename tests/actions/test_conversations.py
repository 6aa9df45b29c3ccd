"""Conversations: the same people always meet in the same one, and nobody else ever."""

from __future__ import annotations

import pytest

from accounts.models import User
from chat import access
from chat.actions.conversations import find_or_start, open_conversation
from chat.actions.members import invite, remove
from chat.actions.messages import edit_message
from chat.actions.posting import post_message
from chat.actions.rooms import enter_room, open_room
from chat.errors import ChatError
from chat.limits import CONVERSATION_PEOPLE
from chat.models import Membership, Message, Room
from chat.models.own_rooms import own_room, own_rooms
from tests.actions.test_messages import all_at_once
from tests.cast import Cast, make_user, role_of
from tests.listening import listening


@pytest.fixture
def talk(cast: Cast) -> Room:
    """Alice's with Bob; nothing was said yet."""
    return open_conversation(by=cast.alice, people=[cast.bob])[0]


def in_list(user: User) -> list[str]:
    """What the conversations in somebody's list are called."""
    return [each.name for each in own_rooms(user.pk) if each.kind == "direct"]


def test_the_same_people_meet_in_the_same_conversation_however_they_are_named(
    cast: Cast, talk: Room
) -> None:
    for by, people in [
        (cast.alice, [cast.bob]),
        (cast.bob, [cast.alice]),
        (cast.bob, [cast.alice, cast.bob, cast.alice]),
    ]:
        assert open_conversation(by=by, people=people) == (talk, False)
    three, is_new = open_conversation(by=cast.bob, people=[cast.alice, cast.charlie])
    alone, _ = open_conversation(by=cast.bob, people=[])
    assert is_new
    assert len({talk.pk, three.pk, alone.pk}) == 3


def test_who_write_to_each_other_at_the_same_moment_meet(cast: Cast) -> None:
    """Not through the writer, which has one thread: as several processes would."""
    everybody = {cast.alice.pk, cast.bob.pk}
    people = [cast.alice, cast.bob] * 3
    answers = all_at_once([lambda who=who: find_or_start(who, everybody) for who in people])
    assert len({room.pk for room, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert Room.objects.filter(kind="direct").count() == 1
    assert Membership.objects.filter(room=answers[0][0]).count() == 2


def test_its_slug_says_nothing_of_who_is_in_it(cast: Cast, talk: Room) -> None:
    other, _ = open_conversation(by=cast.alice, people=[cast.charlie])
    assert len(talk.slug) == len(other.slug) == 24
    assert talk.slug != other.slug
    assert not talk.name


def test_each_sees_the_others_names_as_they_are_now(cast: Cast) -> None:
    room, _ = open_conversation(by=cast.alice, people=[cast.bob, cast.charlie])
    post_message(room=room, sender=cast.alice, text="hi")
    assert in_list(cast.alice) == ["bob, charlie"]
    assert in_list(cast.bob) == ["alice, charlie"]
    cast.bob.display_name = 'Bob "B" Größe'
    cast.bob.save()
    assert in_list(cast.alice) == ['Bob "B" Größe, charlie']
    cast.charlie.is_active = False
    cast.charlie.save()
    assert in_list(cast.alice) == ['Bob "B" Größe, charlie']


def test_ones_notes_bear_ones_own_name(cast: Cast) -> None:
    open_conversation(by=cast.alice, people=[cast.alice])
    assert in_list(cast.alice) == ["alice"]


def test_who_was_not_written_to_yet_does_not_have_it_in_their_list(cast: Cast, talk: Room) -> None:
    assert (in_list(cast.alice), in_list(cast.bob)) == (["bob"], [])
    with listening() as listener:
        bob = listener.to_user(cast.bob.pk)
        post_message(room=talk, sender=cast.alice, text="hi @bob")
        [added] = listener.heard(bob)
    assert in_list(cast.bob) == ["alice"]
    assert (added["type"], added["room"], added["name"]) == ("room.added", talk.slug, "alice")
    assert added["people"] == [{"username": "alice", "name": "alice"}]
    assert (added["unread"], added["mentions"], added["role"]) == (1, 1, "member")


def test_who_puts_it_away_has_it_again_with_the_next_message(cast: Cast, talk: Room) -> None:
    post_message(room=talk, sender=cast.alice, text="one")
    with listening() as listener:
        bob = listener.to_user(cast.bob.pk)
        remove(by=Membership.objects.get(user=cast.bob, room=talk), user=cast.bob)
        assert in_list(cast.bob) == []
        post_message(room=talk, sender=cast.alice, text="two")
        heard = listener.heard(bob)
    assert in_list(cast.bob) == ["alice"]
    assert [each["type"] for each in heard if each["type"].startswith("room")] == ["room.added"]
    assert own_room(cast.bob.pk, talk.pk).unread == 2


def test_who_puts_it_away_has_it_again_when_they_come_back(cast: Cast, talk: Room) -> None:
    for come_back in [
        lambda: open_conversation(by=cast.alice, people=[cast.bob]),
        lambda: enter_room(room=access.room(cast.alice, talk.slug), user=cast.alice),
        lambda: post_message(room=talk, sender=cast.alice, text="again"),
    ]:
        remove(by=Membership.objects.get(user=cast.alice, room=talk), user=cast.alice)
        assert in_list(cast.alice) == []
        come_back()
        assert in_list(cast.alice) == ["bob"]
        assert role_of(cast.alice, talk) == "member"


def test_nobody_comes_into_it_from_outside(cast: Cast, talk: Room) -> None:
    own = Membership.objects.get(user=cast.alice, room=talk)
    for role in ("member", "owner"):
        Membership.objects.filter(pk=own.pk).update(role=role)
        with pytest.raises(ChatError, match="Start another conversation"):
            invite(by=own, user=cast.charlie)
    with pytest.raises(ChatError) as refusal:
        access.room(cast.charlie, talk.slug)
    assert refusal.value.code == "no_such_room"
    with pytest.raises(ChatError) as refusal:
        post_message(room=talk, sender=cast.charlie, text="let me in")
    assert refusal.value.code == "no_such_room"
    assert not Membership.objects.filter(user=cast.charlie, room=talk).exists()


def test_there_is_a_most_of_people(cast: Cast) -> None:
    people = [make_user(f"guest{number}") for number in range(CONVERSATION_PEOPLE)]
    with pytest.raises(ChatError, match="at most"):
        open_conversation(by=cast.alice, people=people)
    assert open_conversation(by=cast.alice, people=people[1:])[1]


def test_what_costs_more_in_a_conversation_costs_nothing_elsewhere(
    cast: Cast, talk: Room, django_assert_num_queries: object
) -> None:
    """The list of rooms is one query, whatever is in it."""
    post_message(room=talk, sender=cast.alice, text="hi")
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(own_rooms(cast.bob.pk)) == 2


def test_what_was_said_is_seen_by_its_people_alone(cast: Cast, talk: Room) -> None:
    message = post_message(room=talk, sender=cast.alice, text="between us").message
    room, _ = open_room(name="Kitchen", by=cast.charlie)
    assert list(Message.objects.visible_to(cast.charlie).filter(pk=message.pk)) == []
    with pytest.raises(ChatError):
        post_message(room=room, sender=cast.charlie, text="?", reply_to=message.pk)
    assert edit_message(message=message, text="between the two of us")
