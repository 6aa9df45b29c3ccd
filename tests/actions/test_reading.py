"""How far somebody has read, and what is left to read."""

import random

import pytest

from accounts.models import User
from chat import activity
from chat.actions.messages import add_reaction, delete_message, edit_message
from chat.actions.posting import post_message
from chat.actions.reading import read_room
from chat.actions.rooms import enter_room
from chat.models import Membership, Message, Room
from chat.models.own_rooms import OwnRoom, own_room
from tests.cast import Cast
from tests.listening import listening


def membership(user: User, room: Room) -> OwnRoom:
    return own_room(user.pk, room.pk)


def unread(user: User, room: Room) -> int:
    return membership(user, room).unread


def say(cast: Cast, sender: User, count: int = 1) -> list[Message]:
    return [
        post_message(room=cast.room, sender=sender, text=f"{number}").message
        for number in range(count)
    ]


def test_what_others_said_since_is_unread(cast: Cast) -> None:
    say(cast, cast.alice, 3)
    assert unread(cast.bob, cast.room) == 3
    read_room(room=cast.room, user=cast.bob, seq=2)
    assert unread(cast.bob, cast.room) == 1
    read_room(room=cast.room, user=cast.bob, seq=3)
    assert unread(cast.bob, cast.room) == 0


def test_who_writes_has_read(cast: Cast) -> None:
    say(cast, cast.alice, 3)
    say(cast, cast.bob)
    assert (membership(cast.bob, cast.room).read, unread(cast.bob, cast.room)) == (4, 0)
    assert unread(cast.alice, cast.room) == 1


def test_a_deleted_message_is_not_unread(cast: Cast) -> None:
    first, _, _ = say(cast, cast.alice, 3)
    delete_message(message=first)
    assert unread(cast.bob, cast.room) == 2


def test_a_newcomer_has_nothing_unread(cast: Cast) -> None:
    say(cast, cast.alice, 3)
    enter_room(room=cast.room, user=cast.charlie)
    assert (membership(cast.charlie, cast.room).read, unread(cast.charlie, cast.room)) == (3, 0)
    say(cast, cast.alice)
    assert unread(cast.charlie, cast.room) == 1


def test_what_is_unread_in_one_room_is_not_in_another(cast: Cast) -> None:
    other = Room.objects.create(name="Kitchen", identity="kitchen", slug="kitchen")
    enter_room(room=other, user=cast.bob)
    say(cast, cast.alice, 2)
    post_message(room=other, sender=cast.alice, text="elsewhere")
    assert (unread(cast.bob, cast.room), unread(cast.bob, other)) == (2, 1)


def test_the_position_only_moves_forward(cast: Cast) -> None:
    say(cast, cast.alice, 5)
    for seq, read in ((3, 3), (1, 3), (3, 3), (0, 3), (5, 5)):
        read_room(room=cast.room, user=cast.bob, seq=seq)
        assert membership(cast.bob, cast.room).read == read


def test_what_is_marked_as_unread_moves_it_back(cast: Cast) -> None:
    say(cast, cast.alice, 5)
    read_room(room=cast.room, user=cast.bob, seq=5)
    read_room(room=cast.room, user=cast.bob, seq=2, unread=True)
    assert (membership(cast.bob, cast.room).read, unread(cast.bob, cast.room)) == (2, 3)


@pytest.mark.parametrize("is_unread", [False, True])
def test_nobody_reads_beyond_the_end(cast: Cast, is_unread: bool) -> None:
    say(cast, cast.alice, 2)
    read_room(room=cast.room, user=cast.bob, seq=2**63 - 1, unread=is_unread)
    assert membership(cast.bob, cast.room).read == 2
    say(cast, cast.alice)
    assert unread(cast.bob, cast.room) == 1


def test_a_stranger_who_reads_does_not_become_a_member(cast: Cast) -> None:
    say(cast, cast.alice)
    read_room(room=cast.room, user=cast.charlie, seq=1)
    assert not Membership.objects.filter(user=cast.charlie).exists()


def test_a_persons_other_tabs_are_told_and_nobody_else(cast: Cast) -> None:
    say(cast, cast.alice, 3)
    with listening() as listener:
        here, there = (listener.to_user(cast.bob.pk) for _ in range(2))
        alice = listener.to_user(cast.alice.pk)
        in_the_room = listener.to_room(cast.room)
        read_room(room=cast.room, user=cast.bob, seq=2, connection_id=here.id)
        read_room(room=cast.room, user=cast.bob, seq=1, connection_id=here.id)
        listener.run(activity.tell_reads())
        heard = [listener.heard(ear) for ear in (here, there, alice, in_the_room)]
    event = {"type": "room.read", "room": "lobby", "seq": 2, "unread": 1, "mentions": 0}
    assert heard == [[], [event], [], []]


@pytest.mark.parametrize("seed", range(4))
def test_unread_is_the_true_number_whatever_happened(cast: Cast, seed: int) -> None:
    dice = random.Random(seed)
    people = [cast.alice, cast.bob, cast.charlie]
    enter_room(room=cast.room, user=cast.charlie)
    for _ in range(60):
        who = dice.choice(people)
        match dice.choice(["say", "name", "edit", "react", "delete", "read", "back"]):
            case "say":
                say(cast, who)
            case "name":
                post_message(room=cast.room, sender=who, text="@alice @charlie")
            case "edit":
                if message := Message.objects.filter(deleted_at=None).order_by("?").first():
                    edit_message(message=message, text=dice.choice(["@bob", "nobody"]))
            case "react":
                if message := Message.objects.filter(deleted_at=None).order_by("?").first():
                    add_reaction(message=message, user=who, emoji="👍")
            case "delete":
                if message := Message.objects.order_by("?").first():
                    delete_message(message=message)
            case "read":
                read_room(room=cast.room, user=who, seq=dice.randrange(60))
            case "back":
                read_room(room=cast.room, user=who, seq=dice.randrange(60), unread=True)
    for who in people:
        known = membership(who, cast.room)
        behind = [
            message
            for message in Message.objects.filter(room=cast.room)
            if message.seq > known.read and message.sender != who and not message.deleted_at
        ]
        naming = [message for message in behind if who.username in message.mentions]
        assert (known.unread, known.mentions) == (len(behind), len(naming))
