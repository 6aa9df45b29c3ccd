"""Getting around for scripts: rooms found by name."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from chat.actions.rooms import open_room
from chat.limits import ROOMS_FOUND
from chat.models import Membership, Room
from tests.cast import Cast, make_private
from tests.http.conftest import Browser

JSON = "application/json"


def find(client: Client, q: str = "") -> list[dict[str, Any]]:
    answer = client.get("/chat/", {"q": q}, headers={"Accept": JSON})
    assert answer.status_code == HTTPStatus.OK, answer.content
    rooms: list[dict[str, Any]] = answer.json()["rooms"]
    return rooms


def test_rooms_are_found_by_the_beginning_of_their_name(cast: Cast, browser: Browser) -> None:
    open_room(name="Library", by=cast.alice)
    client = browser(cast.bob)
    assert find(client, " LOB") == [
        {"room": "lobby", "name": "Lobby", "kind": "public", "topic": "", "joined": True}
    ]
    assert [(each["room"], each["joined"]) for each in find(client)] == [
        ("library", False),
        ("lobby", True),
    ]
    assert find(client, "obby") == []


def test_a_stranger_does_not_find_a_private_room(cast: Cast, browser: Browser) -> None:
    make_private(cast.room)
    assert [each["room"] for each in find(browser(cast.bob), "lob")] == ["lobby"]
    assert find(browser(cast.charlie), "lob") == []


def test_who_was_put_out_does_not_find_the_room(cast: Cast, browser: Browser) -> None:
    Membership.objects.filter(user=cast.bob).update(standing=Membership.Standing.BANNED)
    assert find(browser(cast.bob), "lob") == []


def test_what_is_found_is_bounded_and_costs_the_same(
    cast: Cast, browser: Browser, django_assert_num_queries: Any
) -> None:
    client = browser(cast.bob)
    for number in range(ROOMS_FOUND + 5):
        open_room(name=f"Kitchen {number:02}", by=cast.alice)
    # Session, user, rooms, which of them are one's own.
    with django_assert_num_queries(4):
        assert len(find(client, "kitchen")) == ROOMS_FOUND


@pytest.mark.parametrize("q", ["%00", "x" * 81])
def test_a_search_that_cannot_be_is_refused(cast: Cast, browser: Browser, q: str) -> None:
    answer = browser(cast.bob).get(f"/chat/?q={q}", headers={"Accept": JSON})
    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.BAD_REQUEST, "bad_frame")


def test_who_is_not_signed_in_finds_nothing(cast: Cast) -> None:
    answer = Client().get("/chat/", headers={"Accept": JSON})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_conversation_is_not_found(cast: Cast, browser: Browser) -> None:
    Room.objects.filter(pk=cast.room.pk).update(kind=Room.Kind.DIRECT)
    assert find(browser(cast.bob), "lob") == []
