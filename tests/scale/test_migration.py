"""Data from before are carried along: messages get their numbers, and their formatting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from msgspec import UNSET

from chat.history import newest
from chat.models.own_rooms import own_room

PEOPLE = ("accounts", "0003_sign_in_epoch")
BEFORE = [PEOPLE, ("chat", "0004_moderators_read_revisions")]
AFTER = [PEOPLE, ("chat", "0005_counting")]


def migrate(target: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return executor.loader.project_state(target).apps


@pytest.fixture
def old(transactional_db: None) -> Iterator[Any]:
    """The models as they were."""
    try:
        yield migrate(BEFORE)
    finally:
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_people_from_before_have_no_picture_and_old_processes_go_on(transactional_db: None) -> None:
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    old = [("accounts", "0007_theme")]
    try:
        migrate(old).get_model("accounts", "User").objects.create(username="a", username_key="a")
        model = migrate([("accounts", "0008_picture")]).get_model("accounts", "User")
        assert model.objects.get().picture == ""
        with connection.cursor() as cursor:
            # As a process of an older version adds somebody, which does not know the column.
            names = {field.column for field in model._meta.concrete_fields}
            rest = ", ".join(names - {"id", "picture", "username", "username_key"})
            cursor.execute(
                f"INSERT INTO accounts_user (username, username_key, {rest}) "  # noqa: S608
                f"SELECT 'b', 'b', {rest} FROM accounts_user"
            )
        assert list(model.objects.values_list("picture", flat=True)) == ["", ""]
    finally:
        migrate(leaves)


def test_what_was_there_is_numbered_and_counted(old: Any) -> None:
    people = [old.get_model("accounts", "User").objects.create(username=name) for name in "ab"]
    rooms = [
        old.get_model("chat", "Room").objects.create(slug=slug, identity=slug, tick=30)
        for slug in "xyz"
    ]
    for room in rooms:
        old.get_model("chat", "Membership").objects.create(user=people[0], room=room, read=10)
    # Of later rooms first, with holes where something else happened to the room.
    for room in (rooms[1], rooms[0]):
        for seq in range(30, 0, -3):
            old.get_model("chat", "Message").objects.create(
                room=room,
                seq=seq,
                tick=seq,
                sender=people[seq % 2],
                digest=b"",
                deleted_at=timezone.now() if seq == 15 else None,
            )
    new = migrate(AFTER)
    messages = new.get_model("chat", "Message").objects.order_by("room", "seq")
    numbers = list(messages.values_list("room", "seq", "number"))
    assert numbers == [
        (room.pk, seq, number)
        for room in rooms[:2]
        for number, seq in enumerate(range(3, 31, 3), 1)
    ]
    posted = new.get_model("chat", "Room").objects.order_by("pk").values_list("posted", flat=True)
    assert list(posted) == [10, 10, 0]
    # Today's code counts in today's tables.
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    # 12, 18, 24 and 30 are their own, 15 is deleted.
    assert [own_room(people[0].pk, room.pk).unread for room in rooms] == [2, 2, 0]


def test_what_was_there_is_formatted_where_its_text_needs_it(old: Any) -> None:
    sender = old.get_model("accounts", "User").objects.create(username="a")
    room = old.get_model("chat", "Room").objects.create(slug="x", identity="x", tick=2_000)
    texts = {
        1: ("plain", []),
        2: ("**bold** @Bob, @eve", ["bob"]),
        3: ("", []),
        4: ("<b>x</b>", []),
        1_500: ("`code` <script>", []),
    }
    old.get_model("chat", "Message").objects.bulk_create(
        old.get_model("chat", "Message")(
            room=room, seq=seq, tick=seq, sender=sender, digest=b"", text=text, mentions=names
        )
        for seq in range(1, 1_501)
        for text, names in [texts.get(seq, ("and so on", []))]
    )
    new = migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    messages = new.get_model("chat", "Message").objects.exclude(html="")
    assert dict(messages.values_list("seq", "html")) == {
        2: '<p><strong>bold</strong> <span class="mention" data-username="bob">@Bob</span>, @eve'
        "</p>",
        1_500: "<p><code>code</code> &lt;script&gt;</p>",
    }


@pytest.fixture
def before_conversations(transactional_db: None) -> Iterator[Any]:
    """As it was when rooms had no settings, and people were found by nothing."""
    try:
        yield migrate([PEOPLE, ("chat", "0005_counting")])
    finally:
        migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())


def test_rooms_stay_open_and_people_are_found(before_conversations: Any) -> None:
    old = before_conversations
    person = old.get_model("accounts", "User").objects
    people = [
        person.create(username="zoe", username_key="zoe", display_name="Élodie"),
        person.create(username="Bob", username_key="bob"),
    ]
    for slug in ("x", "y"):
        old.get_model("chat", "Room").objects.create(name=slug, slug=slug, identity=slug)
    new = migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    rooms = new.get_model("chat", "Room").objects.values_list("archived", "posting", "people_key")
    assert list(rooms) == [(False, "everybody", "")] * 2
    called = get_user_model().objects.called
    assert [list(called(beginning)) for beginning in ("elo", "bo")] == [
        [get_user_model().objects.get(pk=each.pk)] for each in people
    ]


def test_a_process_of_before_goes_on_writing_while_it_is_replaced(
    before_conversations: Any,
) -> None:
    old = before_conversations
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    person = old.get_model("accounts", "User").objects.create(username="ann")
    room = old.get_model("chat", "Room").objects.create(slug="x", identity="x", tick=1, posted=1)
    old.get_model("chat", "Membership").objects.create(user=person, room=room)
    old.get_model("chat", "Message").objects.create(
        room=room, seq=1, number=1, tick=1, sender=person, digest=b"", text="from before"
    )
    own = own_room(person.pk, room.pk)
    (message,) = newest(own).messages
    assert (own.archived, own.posting, own.notify) == (False, "everybody", "")
    assert (message.message, message.html, message.attachments) == ("from before", UNSET, [])
