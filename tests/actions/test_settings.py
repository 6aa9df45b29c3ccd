"""What a room is called and allows: who changes it, who is told, and what is refused then."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.actions.conversations import open_conversation
from chat.actions.members import change_role
from chat.actions.messages import add_reaction, delete_message, edit_message, remove_reaction
from chat.actions.posting import post_message
from chat.actions.rooms import enter_room, open_room
from chat.actions.settings import change_room
from chat.activity import tell_changed_rooms
from chat.errors import ChatError
from chat.history import newest
from chat.models import Membership, Room
from tests.cast import Cast
from tests.listening import listening


def change(cast: Cast, by: User, **changes: Any) -> Room:
    own = Membership.objects.get(user=by, room=cast.room)
    return change_room(room=cast.room, by=own, **changes)


def refusal_of(work: Callable[[], object]) -> str:
    with pytest.raises(ChatError) as refusal:
        work()
    return refusal.value.code


def test_a_room_keeps_its_address_under_another_name(cast: Cast) -> None:
    room = change(cast, cast.alice, name="  Größe  Kitchen ", topic=" What\nwe\u0000 cook ")
    assert (room.name, room.slug, room.topic) == ("Größe Kitchen", "lobby", "What we cook")
    assert open_room(name="GRÖSSE KITCHEN", by=cast.bob) == (room, False)
    assert open_room(name="Lobby", by=cast.bob)[0].slug == "lobby-2"


def test_two_public_rooms_never_have_one_name(cast: Cast) -> None:
    open_room(name="Kitchen", by=cast.bob)
    assert refusal_of(lambda: change(cast, cast.alice, name="KITCHEN")) == "conflict"
    assert Room.objects.get(slug="lobby").name == "Lobby"
    assert change(cast, cast.alice, name="LOBBY").name == "LOBBY"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "---"}, "empty"),
        ({"name": "x" * 81}, "too_long"),
        ({"topic": "x" * 251}, "too_long"),
    ],
)
def test_what_cannot_be_changes_nothing(cast: Cast, changes: dict[str, str], code: str) -> None:
    assert refusal_of(lambda: change(cast, cast.alice, **changes)) == code


def test_moderators_change_it_and_owners_alone_archive_it(cast: Cast) -> None:
    for changes in (
        {"topic": "mine"},
        {"name": "Mine"},
        {"posting": "moderators"},
        {"archived": True},
    ):
        assert refusal_of(lambda changes=changes: change(cast, cast.bob, **changes)) == "forbidden"  # type: ignore[misc]
    change_role(membership=Membership.objects.get(user=cast.bob), role="moderator")
    assert change(cast, cast.bob, topic="ours").topic == "ours"
    assert refusal_of(lambda: change(cast, cast.bob, archived=True)) == "forbidden"
    assert change(cast, cast.alice, archived=True).archived


def test_nobody_changes_a_conversation(cast: Cast) -> None:
    room, _ = open_conversation(by=cast.alice, people=[cast.bob])
    own = Membership.objects.get(user=cast.alice, room=room)
    assert refusal_of(lambda: change_room(room=room, by=own, name="Ours")) == "forbidden"
    assert refusal_of(lambda: change_room(room=room, by=None, archived=True)) == "forbidden"


def test_everybody_who_belongs_is_told_wherever_they_look(cast: Cast) -> None:
    with listening() as listener:
        looking = listener.to_room(cast.room)
        beside, charlie = listener.to_user(cast.bob.pk), listener.to_user(cast.charlie.pk)
        change(cast, cast.alice, name="Kitchen", archived=True)
        change(cast, cast.alice, archived=True)
        listener.run(tell_changed_rooms())
        heard = [listener.heard(ear) for ear in (looking, beside, charlie)]
    event = {
        "type": "room.updated",
        "room": "lobby",
        "name": "Kitchen",
        "kind": "public",
        "topic": "",
        "archived": True,
        "posting": "everybody",
    }
    assert heard == [[event], [event], []]


def test_an_archived_room_is_read_and_nothing_is_added(cast: Cast) -> None:
    client_id = uuid.uuid4()
    said = post_message(room=cast.room, sender=cast.bob, text="hi", client_id=client_id).message
    add_reaction(message=said, user=cast.bob, emoji="🍅")
    change(cast, cast.alice, archived=True)
    room = Room.objects.get(pk=cast.room.pk)
    for work in (
        lambda: post_message(room=room, sender=cast.alice, text="still here?"),
        lambda: edit_message(message=said, text="ho"),
        lambda: add_reaction(message=said, user=cast.alice, emoji="🍅"),
        lambda: remove_reaction(message=said, user=cast.bob, emoji="🍅"),
    ):
        assert refusal_of(work) == "read_only"
    # What was stored stays acknowledged, newcomers may read, and moderators tidy up.
    again = post_message(room=room, sender=cast.bob, text="hi", client_id=client_id)
    assert (again.duplicate, again.message) == (True, said)
    enter_room(room=room, user=cast.charlie)
    assert [each.message for each in newest(room).messages] == ["hi"]
    assert delete_message(message=said)
    change(cast, cast.alice, archived=False)
    assert post_message(room=room, sender=cast.bob, text="back").message.seq == 4


def test_where_only_moderators_post_others_react(cast: Cast) -> None:
    change(cast, cast.alice, posting="moderators")
    assert (
        refusal_of(lambda: post_message(room=cast.room, sender=cast.bob, text="?")) == "read_only"
    )
    said = post_message(room=cast.room, sender=cast.alice, text="News!").message
    assert add_reaction(message=said, user=cast.bob, emoji="🎉")
    change_role(membership=Membership.objects.get(user=cast.bob), role="moderator")
    assert post_message(room=cast.room, sender=cast.bob, text="More news").message.seq == 3
