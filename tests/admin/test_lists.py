"""Lists of the admin: found, filtered, and as cheap for many rows as for one."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chat.actions.messages import delete_message
from chat.actions.posting import post_message
from chat.actions.rooms import enter_room, open_room
from tests.cast import Cast, make_private, make_user

PEOPLE = "/admin/accounts/user/"
ROOMS = "/admin/chat/room/"
MEMBERSHIPS = "/admin/chat/membership/"
MESSAGES = "/admin/chat/message/"


def rows(client: Client, address: str, **query: str) -> int:
    """How many rows a list has."""
    page = client.get(address, query)
    assert page.status_code == 200, (address, query)
    return len(page.context["cl"].result_list)


def fill(cast: Cast, start: int, count: int) -> None:
    for number in range(start, start + count):
        user = make_user(f"guest{number}")
        room, _ = open_room(name=f"Room {number}", by=user)
        enter_room(room=cast.room, user=user)
        post_message(room=room, sender=user, text=f"{number}")


@pytest.mark.parametrize("address", [PEOPLE, ROOMS, MEMBERSHIPS, MESSAGES])
def test_a_list_costs_the_same_for_few_rows_and_for_many(
    cast: Cast, desk: Client, address: str
) -> None:
    fill(cast, 0, 2)
    queries(desk, address)
    before = queries(desk, address)
    fill(cast, 2, 12)
    assert rows(desk, address) >= 14
    assert queries(desk, address) == before


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_a_rooms_own_page_costs_the_same_for_few_members_and_for_many(
    cast: Cast, desk: Client
) -> None:
    address = f"{ROOMS}{cast.room.pk}/change/"
    queries(desk, address)
    before = queries(desk, address)
    fill(cast, 0, 10)
    assert queries(desk, address) == before


@pytest.mark.parametrize("address", [ROOMS, MEMBERSHIPS, MESSAGES])
def test_each_rows_own_page_opens(cast: Cast, desk: Client, address: str) -> None:
    post_message(room=cast.room, sender=cast.alice, text="hi")
    page = desk.get(address).content.decode()
    links = set(re.findall(rf'href="({address}\d+/change/)', page))
    assert links
    for link in links:
        assert desk.get(link).status_code == 200


@pytest.mark.parametrize(
    ("address", "query", "count"),
    [
        (ROOMS, {"q": "lob"}, 1),
        (ROOMS, {"q": "grösse"}, 1),
        (ROOMS, {"q": "Größe"}, 1),
        (ROOMS, {"q": "kitchen"}, 0),
        (ROOMS, {"kind__exact": "public"}, 1),
        (ROOMS, {"kind__exact": "private"}, 1),
        (MEMBERSHIPS, {"q": "bob"}, 1),
        (MEMBERSHIPS, {"q": "Lobby"}, 2),
        (MEMBERSHIPS, {"q": "alice lobby"}, 1),
        (MEMBERSHIPS, {"role__exact": "owner"}, 2),
        (MEMBERSHIPS, {"role__exact": "member"}, 1),
        (MESSAGES, {"q": "needle"}, 1),
        (MESSAGES, {"q": "alice"}, 2),
        (MESSAGES, {"q": "Lobby"}, 2),
        (MESSAGES, {"q": "<b>"}, 0),
        (MESSAGES, {"kind__exact": "text"}, 2),
        (MESSAGES, {"kind__exact": "system"}, 0),
        (MESSAGES, {"deleted_at__isempty": "0"}, 1),
        (MESSAGES, {"deleted_at__isempty": "1"}, 1),
    ],
)
def test_rows_are_found_and_filtered(
    cast: Cast, desk: Client, address: str, query: dict[str, str], count: int
) -> None:
    private, _ = open_room(name="Größe", by=cast.alice)
    make_private(private)
    post_message(room=cast.room, sender=cast.alice, text="a needle in a haystack")
    gone = post_message(room=cast.room, sender=cast.alice, text="gone").message
    delete_message(message=gone)
    assert rows(desk, address, **query) == count


def test_a_room_is_listed_with_the_number_of_its_members(cast: Cast, desk: Client) -> None:
    [room] = desk.get(ROOMS).context["cl"].result_list
    assert room.member_count == 2


def test_a_long_message_is_listed_by_its_beginning(cast: Cast, desk: Client) -> None:
    post_message(room=cast.room, sender=cast.alice, text="x" * 500)
    page = desk.get(MESSAGES).content.decode()
    assert "x" * 79 + "…" in page
    assert "x" * 80 not in page


def test_a_list_says_nothing_of_what_a_deleted_message_said(cast: Cast, desk: Client) -> None:
    message = post_message(room=cast.room, sender=cast.alice, text="secret").message
    delete_message(message=message)
    for address in (MESSAGES, f"{MESSAGES}{message.pk}/change/"):
        assert "secret" not in desk.get(address).content.decode()
    assert "(deleted)" in desk.get(MESSAGES).content.decode()
