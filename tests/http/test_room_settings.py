"""A room's settings, as a page and for scripts."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from chat.actions.members import change_role
from chat.models import Membership
from tests.cast import Cast
from tests.http.conftest import Browser
from tests.http.test_room_page import embedded

JSON = "application/json"


def test_a_script_changes_what_it_names_and_gets_the_room(cast: Cast, browser: Browser) -> None:
    alice = browser(cast.alice)
    answer = alice.post("/chat/lobby/settings/", {"topic": "Tea"}, content_type=JSON)
    assert answer.status_code == 200
    assert (answer.json()["topic"], answer.json()["name"]) == ("Tea", "Lobby")
    body = {"name": "Tea room", "posting": "moderators", "archived": True}
    room = alice.post("/chat/lobby/settings/", body, content_type=JSON).json()
    assert {name: room[name] for name in body} == body
    assert room["room"] == "lobby"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "---"}, 400, "empty"),
        ({"topic": "x" * 251}, 413, "too_long"),
        ({"posting": "nobody"}, 400, "bad_frame"),
        ({"archived": "perhaps"}, 400, "bad_frame"),
        ({"name": "Kitchen"}, 409, "conflict"),
    ],
)
def test_what_cannot_be_is_refused(
    cast: Cast, browser: Browser, body: Any, status: int, code: str
) -> None:
    browser(cast.bob).post("/chat/", {"name": "Kitchen"})
    answer = browser(cast.alice).post("/chat/lobby/settings/", body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_page_offers_what_somebody_may_do(cast: Cast, browser: Browser) -> None:
    def page_of(client: Client) -> str:
        return client.get("/chat/lobby/settings/").content.decode()

    owner, member = page_of(browser(cast.alice)), page_of(browser(cast.bob))
    assert 'name="topic"' in owner
    assert "Archive the room" in owner
    assert "You are the only owner." in owner
    assert 'name="topic"' not in member
    assert "Archive the room" not in member
    assert "Leave the room" in member
    change_role(membership=Membership.objects.get(user=cast.bob), role="moderator")
    moderator = page_of(browser(cast.bob))
    assert 'name="topic"' in moderator
    assert "Archive the room" not in moderator


def test_forms_do_it_and_say_so(cast: Cast, browser: Browser) -> None:
    alice = browser(cast.alice)
    form = {"name": "Tea room", "topic": "", "posting": "everybody"}
    page = alice.post("/chat/lobby/settings/", form, follow=True).content.decode()
    assert "Saved." in page
    assert "<bdi>Tea room</bdi></h1>" in page
    page = alice.post("/chat/lobby/settings/", {"archived": "true"}, follow=True).content.decode()
    assert "Bring the room back" in page
    page = alice.post("/chat/lobby/settings/", {"name": "---"}, follow=True).content.decode()
    assert "needs at least one letter" in page
    page = alice.post("/chat/lobby/settings/", {"archived": "false"}, follow=True).content.decode()
    assert "Archive the room" in page
    refused = browser(cast.bob).post("/chat/lobby/settings/", form, follow=True)
    assert "moderators and owners" in refused.content.decode()


def test_who_is_not_signed_in_learns_nothing(cast: Cast) -> None:
    anonymous = Client().post("/chat/lobby/settings/", {"topic": "mine"}, content_type=JSON)
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_signed_in")
    assert Client().get("/chat/lobby/settings/").status_code == 302


def test_the_first_load_shows_that_nobody_writes_here(cast: Cast, browser: Browser) -> None:
    alice, bob = browser(cast.alice), browser(cast.bob)
    for body, sentence, closed in [
        ({"posting": "moderators"}, "Only moderators post here.", [bob]),
        ({"archived": True}, "This room is archived.", [alice, bob]),
    ]:
        alice.post("/chat/lobby/settings/", body, content_type=JSON)
        for client in (alice, bob):
            page = client.get("/chat/lobby/")
            assert (sentence in page.content.decode()) is (client in closed)
    assert embedded(page)["room"]["archived"]
    refused = bob.post("/chat/lobby/messages/", {"message": "hi"}, content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")
    refused = bob.post("/chat/lobby/uploads/", {"file": BytesIO(b"hi")})
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")
    assert "Archived" in alice.get("/chat/").content.decode()


def test_an_owner_passes_the_room_on(cast: Cast, browser: Browser) -> None:
    alice = browser(cast.alice)
    page = alice.post("/chat/lobby/members/alice/", {"_method": "delete"}, follow=True)
    assert "Make somebody else an owner" in page.content.decode()
    alice.post("/chat/lobby/members/", {"username": "bob", "role": "owner"})
    page = alice.post("/chat/lobby/members/alice/", {"_method": "delete"}, follow=True)
    assert "It is gone from your list." in page.content.decode()
    assert "Archive the room" in browser(cast.bob).get("/chat/lobby/settings/").content.decode()


def test_a_form_for_a_room_that_cannot_be_leads_back_to_the_rooms(
    cast: Cast, browser: Browser
) -> None:
    answer = browser(cast.alice).post("/chat/lob%00by/settings/", {"name": "Tea room"})
    assert (answer.status_code, answer["Location"]) == (302, "/chat/")


def test_many_members_come_in_pages_and_are_found_by_name(
    cast: Cast, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.members.MEMBERS_PAGE", 1)
    alice = browser(cast.alice)
    page = alice.get("/chat/lobby/members/")
    assert [each.user for each in page.context["members"]] == [cast.alice]
    more = "/chat/lobby/members/?after=alice"
    assert more.partition("/?")[2] in page.content.decode()
    assert [each.user for each in alice.get(more).context["members"]] == [cast.bob]
    assert "after=" not in alice.get(more).content.decode()
    found = alice.get("/chat/lobby/members/", {"find": "@BO"})
    assert [each.user for each in found.context["members"]] == [cast.bob]
    nobody = alice.get("/chat/lobby/members/", {"find": "char"})
    assert "Nobody’s name begins like that." in nobody.content.decode()
    for impossible in ({"find": "\0"}, {"after": "\0"}, {"find": "a" * 66}):
        assert alice.get("/chat/lobby/members/", impossible).status_code == 400
