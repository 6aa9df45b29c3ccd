"""Who is in a room now, over HTTP: by name, in pages, and for those alone who may see it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat.actions.members import ban, remove
from chat.models import Membership, Room
from chat.node import node
from chat.realtime.leases import RedisShare
from chat.realtime.presence import Presence
from chat.realtime.roster import Occupant
from tests import services
from tests.cast import Cast, make_private, make_user
from tests.http.conftest import Browser
from tests.listening import Listener, listening
from tests.running import eventually

PEOPLE = "/chat/lobby/people/"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    with listening() as listener:
        monkeypatch.setattr(node, "loop", listener.loop)
        yield listener
        listener.run(node.presence.close())
        listener.do(node.presence.rooms.clear)


def come(listener: Listener, room: Room, *people: User | Occupant) -> None:
    def enter() -> None:
        for who in people:
            if isinstance(who, User):
                who = Occupant(who.pk, who.username, who.name)
            node.presence.enter(room.pk, who, f"tab of {who.username}")

    listener.do(enter)


def guest(number: int, name: str = "", username: str = "") -> Occupant:
    return Occupant(1000 + number, username or f"guest{number}", name or f"Guest {number:03}")


def ask(client: Client, **query: object) -> dict[str, Any]:
    answer = client.get(PEOPLE, query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.content
    page: dict[str, Any] = answer.json()
    return page


def names(page: dict[str, Any]) -> list[str]:
    return [person["name"] for person in page["people"]]


def test_who_is_here_is_told_as_in_a_snapshot(cast: Cast, bob: Client, listener: Listener) -> None:
    come(listener, cast.room, cast.bob, cast.alice)
    listener.do(lambda: node.presence.set_idle("tab of bob", idle=True))
    assert ask(bob) == {
        "room": "lobby",
        "count": 2,
        "people": [
            {"username": "alice", "name": "alice", "state": "online"},
            {"username": "bob", "name": "bob", "state": "away"},
        ],
        "next": None,
    }


def test_nobody_is_in_an_empty_room(bob: Client, listener: Listener) -> None:
    assert ask(bob) == {"room": "lobby", "count": 0, "people": [], "next": None}


def test_before_the_first_connection_nobody_is_here(bob: Client) -> None:
    assert ask(bob)["count"] == 0


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_pages_one_after_the_other_are_everybody_by_name(
    cast: Cast, bob: Client, listener: Listener, limit: int
) -> None:
    come(listener, cast.room, *(guest(number) for number in reversed(range(130))))
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = ask(bob, limit=limit, after=after)
        assert (page["count"], len(page["people"]) <= limit) == (130, True)
        found += names(page)
        after = page["next"]
    assert found == [f"Guest {number:03}" for number in range(130)]


@pytest.mark.parametrize(
    ("limit", "count"), [("1", 1), ("100", 100), ("101", 100), ("0", 1), ("-5", 1), (10**18, 100)]
)
def test_a_limit_is_brought_into_its_range(
    cast: Cast, bob: Client, listener: Listener, limit: object, count: int
) -> None:
    come(listener, cast.room, *(guest(number) for number in range(105)))
    assert len(ask(bob, limit=limit)["people"]) == count
    assert len(ask(bob)["people"]) == 50


def test_of_one_name_the_usernames_decide(cast: Cast, bob: Client, listener: Listener) -> None:
    come(listener, cast.room, guest(1, "Ann", "b"), guest(2, "ann", "a"), guest(3, "Ann", "c"))
    page = ask(bob, limit=2)
    assert [person["username"] for person in page["people"]] == ["a", "b"]
    assert names(ask(bob, limit=2, after=page["next"])) == ["Ann"]


def test_a_page_goes_on_where_somebody_was_who_left(
    cast: Cast, bob: Client, listener: Listener
) -> None:
    come(listener, cast.room, guest(1, "aaron"), guest(2, "zoe"))
    assert names(ask(bob, after="alice")) == ["zoe"]
    refused = bob.get(PEOPLE, {"after": "nobody"})
    assert (refused.status_code, refused.json()["code"]) == (404, "no_such_user")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("anna", ["Anna Maria Løve", "Zoë Ännaberg"]),
        ("MARIA ann", ["Anna Maria Løve"]),
        ("zoe", ["Zoë Ännaberg"]),
        ("ZOË", ["Zoë Ännaberg"]),
        ("berg", []),
        ("smith", ["Ångström"]),
        ("angstrom", ["Ångström"]),
        ("j.smi", ["Ångström"]),
        ("🎉", ["🎉 Party"]),
        ("ΣΊΣΥΦΟΣ", ["Σίσυφος"]),
        ("strasse", ["Straße"]),
        ("  ", ["Anna Maria Løve", "Straße", "Zoë Ännaberg", "Ångström", "Σίσυφος", "🎉 Party"]),
        ("%", []),
        ("anna zoe bob", []),
    ],
)
def test_names_are_found_by_the_beginnings_of_their_words(
    cast: Cast, bob: Client, listener: Listener, wanted: str, found: list[str]
) -> None:
    everybody = ["Anna Maria Løve", "Zoë Ännaberg", "Σίσυφος", "🎉 Party", "Straße"]
    come(listener, cast.room, *(guest(number, name) for number, name in enumerate(everybody)))
    come(listener, cast.room, guest(9, "Ångström", "j.smith"))
    page = ask(bob, q=wanted)
    assert names(page) == found
    assert page["count"] == 6


@pytest.mark.parametrize("query", [{"q": "x" * 101}, {"q": "\0"}, {"after": "\0"}, {"limit": "x"}])
def test_a_question_that_cannot_be_read_is_refused(
    bob: Client, listener: Listener, query: dict[str, str]
) -> None:
    refused = bob.get(PEOPLE, query)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_frame")


def test_only_reading_is_possible(bob: Client) -> None:
    assert bob.post(PEOPLE).status_code == 405


def test_strangers_never_learn_who_is_in_a_private_room(
    cast: Cast, browser: Browser, listener: Listener
) -> None:
    make_private(cast.room)
    come(listener, cast.room, cast.alice)
    assert ask(browser(cast.bob))["count"] == 1
    own = Membership.objects.select_related("room", "user").get(user=cast.alice, room=cast.room)
    remove(by=own, user=cast.bob)
    for who in (cast.bob, cast.charlie):
        refused = browser(who).get(PEOPLE)
        absent = browser(who).get("/chat/nowhere/people/")
        assert (refused.status_code, refused.content) == (404, absent.content)


def test_who_was_banned_does_not_learn_who_is_here(
    cast: Cast, browser: Browser, listener: Listener
) -> None:
    come(listener, cast.room, cast.alice)
    own = Membership.objects.select_related("room", "user").get(user=cast.alice, room=cast.room)
    ban(by=own, user=cast.bob)
    assert browser(cast.bob).get(PEOPLE).status_code == 403


def test_who_is_not_signed_in_is_told_so(cast: Cast) -> None:
    refused = Client().get(PEOPLE)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")


def test_a_loop_that_is_too_busy_is_not_waited_for_long(
    cast: Cast, bob: Client, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.people.PATIENCE_SECONDS", 0.1)

    async def never(room_id: int) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(node.presence, "people", never)
    assert bob.get(PEOPLE).status_code == 503


def test_people_on_another_process_are_here(
    cast: Cast, bob: Client, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.require("redis")
    eve = make_user("eve")
    with services.redis() as url:

        def process() -> Presence:
            share = RedisShare(url, prefix="test")
            return Presence(announce=print, call_later=listener.loop.call_later, share=share)

        here, there = process(), process()
        listener.do(lambda: there.enter(cast.room.pk, Occupant(eve.pk, "eve", "Eve"), "tab"))
        monkeypatch.setattr(node, "presence", here)
        eventually(lambda: names(ask(bob)) == ["Eve"])
        # And before this process had its first connection.
        monkeypatch.setattr(node, "loop", None)
        assert names(ask(bob)) == ["Eve"]
        for each in (here, there):
            listener.run(each.close())
