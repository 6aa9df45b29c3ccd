"""Of what each room tells, chosen by its reader."""

import re
from http import HTTPStatus

import pytest
from django.test import Client

from chat.actions.posting import post_message
from chat.actions.rooms import open_room
from chat.models import Membership, Room
from tests.cast import Cast, make_private
from tests.http.conftest import Browser
from tests.http.test_room_page import embedded

JSON = "application/json"


def choose(client: Client, level: object, room: str = "lobby", **headers: str) -> int:
    body = {"level": level}
    answer = client.post(f"/chat/{room}/notify/", body, content_type=JSON, headers=headers)
    return answer.status_code


def test_the_level_of_a_room_is_ones_own_and_comes_with_the_page(
    cast: Cast, browser: Browser
) -> None:
    client = browser(cast.bob)
    assert embedded(client.get("/chat/lobby/"))["notify"] == {}
    assert choose(client, "nothing") == HTTPStatus.OK
    page = client.get("/chat/lobby/")
    assert embedded(page)["notify"] == {"lobby": "nothing"}
    assert 'data-level="nothing"' in page.content.decode()
    assert embedded(browser(cast.alice).get("/chat/lobby/"))["notify"] == {}
    choose(client, "everything")
    assert embedded(client.get("/chat/lobby/"))["notify"] == {"lobby": "everything"}


def test_a_room_that_is_to_be_quiet_is_drawn_without_a_count(cast: Cast, browser: Browser) -> None:
    post_message(room=cast.room, sender=cast.alice, text="hello @bob")
    open_room(name="Kitchen", by=cast.bob)
    client = browser(cast.bob)
    assert "1 for you" in words_of_link(client)
    choose(client, "nothing")
    assert "1" not in words_of_link(client)


def words_of_link(client: Client) -> str:
    page = client.get("/chat/kitchen/").content.decode()
    link = re.search(r'<a [^>]*data-room="lobby".*?</a>', page, re.S)
    assert link
    return " ".join(re.sub(r"<[^>]*>", "", link[0]).split())


def test_a_stranger_chooses_nothing_and_learns_nothing(cast: Cast, browser: Browser) -> None:
    client = browser(cast.charlie)
    for _ in ("public", "private"):
        assert choose(client, "nothing") == HTTPStatus.NOT_FOUND
        assert choose(client, "nothing", "absent") == HTTPStatus.NOT_FOUND
        make_private(cast.room)
    assert not Membership.objects.filter(user=cast.charlie).exists()


def test_who_was_put_out_chooses_nothing(cast: Cast, browser: Browser) -> None:
    Membership.objects.filter(user=cast.bob).update(standing=Membership.Standing.REMOVED)
    assert choose(browser(cast.bob), "nothing") in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    assert Membership.objects.get(user=cast.bob).notify == ""


@pytest.mark.parametrize("level", ["", "loud", None, 1, ["nothing"]])
def test_a_level_that_is_none_is_refused(cast: Cast, browser: Browser, level: object) -> None:
    assert choose(browser(cast.bob), level) == HTTPStatus.BAD_REQUEST


def test_another_site_cannot_choose(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob, checks_csrf=True)  # type: ignore[call-arg]
    assert choose(client, "nothing") == HTTPStatus.FORBIDDEN
    assert Membership.objects.get(user=cast.bob).notify == ""
    assert browser(cast.bob).get("/chat/lobby/notify/").status_code == 405
    assert choose(Client(), "nothing") == HTTPStatus.UNAUTHORIZED


def test_in_a_conversation_of_two_everything_is_for_the_reader(
    cast: Cast, browser: Browser
) -> None:
    Room.objects.filter(pk=cast.room.pk).update(kind=Room.Kind.DIRECT)
    post_message(room=cast.room, sender=cast.alice, text="psst")
    open_room(name="Kitchen", by=cast.bob)
    client = browser(cast.bob)
    assert "unread--calls" in client.get("/chat/kitchen/").content.decode()
    assert 'data-level="everything"' in client.get("/chat/lobby/").content.decode()
