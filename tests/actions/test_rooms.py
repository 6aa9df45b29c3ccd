"""Making rooms and coming into them."""

import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest
from django.db import connection, transaction

from accounts.models import User
from chat.actions.members import put_out
from chat.actions.posting import Post, Posted, store_posts
from chat.actions.rooms import come_in, enter_room, open_room
from chat.errors import ChatError
from chat.models import Membership, Room
from tests.actions.test_messages import all_at_once
from tests.cast import Cast, make_private, make_user, role_of
from tests.listening import listening

T = TypeVar("T")


def slug_of(name: str, by: User, kind: str = Room.Kind.PUBLIC) -> str:
    return open_room(name=name, by=by, kind=kind)[0].slug


def test_who_makes_a_room_owns_it(cast: Cast) -> None:
    room, is_new = open_room(name="Kitchen", by=cast.bob)
    assert is_new
    assert (role_of(cast.bob, room), room.created_by) == (Membership.Role.OWNER, cast.bob)


@pytest.mark.parametrize("name", ["lobby", "LOBBY", "  Lobby ", "Ｌobby", "Lob\u200bby"], ids=ascii)
def test_a_name_that_means_an_existing_room_finds_it(cast: Cast, name: str) -> None:
    assert open_room(name=name, by=cast.charlie) == (cast.room, False)
    assert Room.objects.count() == 1


def test_a_name_in_another_normal_form_finds_the_room(cast: Cast) -> None:
    room, _ = open_room(name="Größe & Höhe", by=cast.alice)
    for form in ("NFD", "NFKD"):
        name = unicodedata.normalize(form, "GRÖSSE & HÖHE")  # type: ignore[arg-type]
        assert open_room(name=name, by=cast.bob) == (room, False)
    assert room.name == "Größe & Höhe"


@pytest.mark.parametrize("by_page", [True, False])
@pytest.mark.parametrize("standing", [None, Membership.Standing.LEFT])
def test_a_ban_of_another_process_is_not_undone_by_who_comes_in(
    cast: Cast, standing: str | None, by_page: bool
) -> None:
    """Neither goes through the writer, which has one thread."""
    alice = Membership.objects.get(user=cast.alice, room=cast.room)
    if standing:
        Membership.objects.create(user=cast.charlie, room=cast.room, standing=standing)
    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            put_out(alice, cast.charlie, Membership.Standing.BANNED)
            arriving = threads.submit(in_thread, partial(come_in, cast.room, cast.charlie, by_page))
            while not (somebody_waits() or arriving.done()):
                pass
        with pytest.raises(ChatError, match="removed"):
            arriving.result()
    banned = Membership.objects.get(user=cast.charlie, room=cast.room)
    assert banned.standing == Membership.Standing.BANNED


def test_many_who_come_in_by_posts_do_not_wait_for_each_other_in_circles(cast: Cast) -> None:
    rooms = [open_room(name=name, by=cast.alice)[0] for name in "abcd"]
    people = [make_user(f"guest{number}") for number in range(4)]
    orders = [rooms, rooms[::-1], rooms[1:] + rooms[:1], rooms[::-2] + rooms[::2]]
    batches = [
        [Post(person.pk, room.slug, "hi") for room in order]
        for person, order in zip(people, orders, strict=True)
    ]
    outcomes = all_at_once([partial(store_posts, batch) for batch in batches])
    assert all(isinstance(each, Posted) for outcome in outcomes for each in outcome)
    assert {room.tick for room in Room.objects.filter(pk__in=[each.pk for each in rooms])} == {4}


def in_thread(job: Callable[[], T]) -> T:
    try:
        return job()
    finally:
        connection.close()


def somebody_waits() -> bool:
    """For a row; on SQLite whoever writes waits for the whole database, and nobody can ask who."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def test_finding_a_room_does_not_make_somebody_its_member(cast: Cast) -> None:
    open_room(name="Lobby", by=cast.charlie)
    assert not Membership.objects.filter(user=cast.charlie).exists()


def test_rooms_whose_slugs_would_be_the_same_are_numbered(cast: Cast) -> None:
    assert [slug_of(name, cast.alice) for name in ("C", "C#", "C++", "c!")] == [
        "c",
        "c-2",
        "c-3",
        "c-4",
    ]
    assert slug_of("C#", cast.bob) == "c-2"
    assert slug_of("C 2", cast.bob) == "c-2-2"


def test_very_long_names_are_told_apart_too(cast: Cast) -> None:
    names = [f"{'x' * 79}{sign}" for sign in ("!", "?", "#")]
    slugs = [slug_of(name, cast.alice) for name in names]
    assert len(set(slugs)) == 3
    assert max(map(len, slugs)) <= 80


def test_a_room_that_is_not_public_is_always_new_and_never_found_by_name(cast: Cast) -> None:
    private, is_new = open_room(name="Lobby", by=cast.alice, kind=Room.Kind.PRIVATE)
    assert is_new
    assert re.fullmatch("lobby-[0-9a-f]{10}", private.slug)
    another, is_new = open_room(name="Lobby", by=cast.alice, kind=Room.Kind.PRIVATE)
    assert is_new
    assert another.slug not in {private.slug, cast.room.slug}
    assert open_room(name="Lobby", by=cast.charlie) == (cast.room, False)


def test_the_name_of_a_private_room_is_free_for_a_public_one(cast: Cast) -> None:
    make_private(cast.room)
    room, is_new = open_room(name="Lobby", by=cast.charlie)
    assert (is_new, room.slug) == (True, "lobby-2")


@pytest.mark.parametrize(("name", "code"), [("---", "empty"), ("x" * 81, "too_long")])
def test_a_name_that_cannot_be_is_refused_and_nothing_is_made(
    cast: Cast, name: str, code: str
) -> None:
    with pytest.raises(ChatError) as refusal:
        open_room(name=name, by=cast.alice)
    assert refusal.value.code == code
    assert Room.objects.count() == 1


def test_one_name_typed_by_several_at_once_is_one_room(cast: Cast) -> None:
    people = [cast.alice, cast.bob, cast.charlie] * 2
    answers = all_at_once([lambda who=who: open_room(name="Kitchen", by=who) for who in people])
    assert len({room.pk for room, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    assert Room.objects.filter(identity="kitchen").count() == 1
    assert Membership.objects.filter(room__slug="kitchen").count() == 1


def test_different_names_with_one_slug_typed_at_once_are_different_rooms(cast: Cast) -> None:
    names = ["C", "C#", "C++", "C!"]
    all_at_once([lambda name=name: open_room(name=name, by=cast.alice) for name in names])
    assert set(Room.objects.filter(name__in=names).values_list("slug", flat=True)) == {
        "c",
        "c-2",
        "c-3",
        "c-4",
    }


def test_coming_in_twice_changes_nothing(cast: Cast) -> None:
    first = enter_room(room=cast.room, user=cast.charlie)
    assert enter_room(room=cast.room, user=cast.charlie) == first
    assert enter_room(room=cast.room, user=cast.alice).role == Membership.Role.OWNER


def test_somebody_who_comes_in_with_many_tabs_at_once_is_one_member(cast: Cast) -> None:
    entries = all_at_once([lambda: enter_room(room=cast.room, user=cast.charlie)] * 5)
    assert len({entry.pk for entry in entries}) == 1
    assert role_of(cast.charlie, cast.room) == Membership.Role.MEMBER


def test_a_persons_tabs_are_told_of_the_room_that_they_entered(cast: Cast) -> None:
    with listening() as listener:
        charlie, alice = listener.to_user(cast.charlie.pk), listener.to_user(cast.alice.pk)
        for _ in range(2):
            enter_room(room=cast.room, user=cast.charlie)
        heard = listener.heard(charlie), listener.heard(alice)
    [added], [] = heard
    assert (added["type"], added["room"], added["role"]) == ("room.added", "lobby", "member")
    assert (added["unread"], added["read"], added["seq"]) == (0, 0, 0)
