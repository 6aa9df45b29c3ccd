"""Conversations over HTTP, and whom one finds to talk with."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from chat.actions.conversations import open_conversation
from chat.actions.posting import post_message
from chat.limits import PEOPLE_FOUND
from chat.models import Membership, Room
from tests.cast import Cast, make_user
from tests.http.conftest import Browser
from tests.http.test_room_page import embedded


@pytest.fixture
def talk(cast: Cast) -> Room:
    """Alice's with Bob, in which something was said."""
    room, _ = open_conversation(by=cast.alice, people=[cast.bob])
    post_message(room=room, sender=cast.alice, text="between us")
    return room


def start(client: Client, body: Any) -> HttpResponse:
    return client.post("/chat/", body, content_type="application/json")  # type: ignore[return-value]


def test_a_script_opens_the_same_conversation_again_and_again(cast: Cast, browser: Browser) -> None:
    first = start(browser(cast.alice), {"kind": "direct", "people": ["BOB"]})
    assert first.status_code == 201
    room = json.loads(first.content)
    assert (room["kind"], room["name"], room["role"]) == ("direct", "bob", "member")
    assert room["people"] == [{"username": "bob", "name": "bob"}]
    again = start(browser(cast.bob), {"kind": "direct", "people": ["alice", "bob", "Alice"]})
    assert again.status_code == 200
    assert json.loads(again.content)["room"] == room["room"]
    assert json.loads(again.content)["name"] == "alice"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "direct"}, 400, "bad_frame"),
        ({"kind": "direct", "people": []}, 400, "bad_frame"),
        ({"kind": "direct", "people": "bob"}, 400, "bad_frame"),
        ({"kind": "direct", "people": ["bob"] * 101}, 400, "bad_frame"),
        ({"kind": "direct", "people": ["bob", "nobody"]}, 404, "no_such_user"),
        ({"kind": "direct", "people": ["bob", "x" * 65]}, 404, "no_such_user"),
        ({"kind": "direct", "people": ["gone"]}, 404, "no_such_user"),
    ],
)
def test_what_cannot_be_is_refused_and_makes_nothing(
    cast: Cast, browser: Browser, body: Any, status: int, code: str
) -> None:
    gone = make_user("gone")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    answer = start(browser(cast.alice), body)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (status, code)
    assert not Room.objects.filter(kind="direct").exists()


def test_a_form_leads_into_the_conversation_and_a_wrong_one_says_why(
    cast: Cast, browser: Browser
) -> None:
    client = browser(cast.alice)
    page = client.post("/chat/", {"kind": "direct", "people": ["bob", "charlie"]}, follow=True)
    assert embedded(page)["room"]["name"] == "bob, charlie"
    assert "<bdi>bob, charlie</bdi></h1>" in page.content.decode()
    page = client.post("/chat/", {"kind": "direct"}, follow=True)
    assert "Choose somebody to talk with." in page.content.decode()


def test_it_is_in_the_lists_of_its_people_alone(cast: Cast, talk: Room, browser: Browser) -> None:
    for user, is_there in ((cast.alice, True), (cast.bob, True), (cast.charlie, False)):
        for address in ("/chat/", "/chat/?q=a", "/chat/lobby/"):
            page = browser(user).get(address).content.decode()
            assert (f"/chat/{talk.slug}/" in page) is is_there
            assert "between us" not in page


def test_its_people_can_neither_change_it_nor_bring_in_more(
    cast: Cast, talk: Room, browser: Browser
) -> None:
    alice = browser(cast.alice)
    for address, body in [
        ("settings/", {"name": "Ours"}),
        ("members/", {"username": "charlie"}),
        ("members/", {"username": "bob", "role": "owner"}),
        ("bans/bob/", {}),
    ]:
        answer = alice.post(f"/chat/{talk.slug}/{address}", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), address
    assert alice.delete(f"/chat/{talk.slug}/members/bob/").status_code == 403
    assert Membership.objects.filter(room=talk, standing="belongs", role="member").count() == 2


def test_who_puts_it_away_finds_it_at_its_address(cast: Cast, talk: Room, browser: Browser) -> None:
    bob = browser(cast.bob)
    page = bob.get(f"/chat/{talk.slug}/settings/").content.decode()
    assert "Put the conversation away" in page
    bob.post(f"/chat/{talk.slug}/members/bob/", {"_method": "delete"})
    assert talk.slug not in bob.get("/chat/").content.decode()
    page = embedded(bob.get(f"/chat/{talk.slug}/"))
    assert (page["room"]["name"], page["room"]["unread"]) == ("alice", 1)
    assert talk.slug in bob.get("/chat/").content.decode()


def test_the_page_costs_the_same_with_and_without_conversations(
    cast: Cast, talk: Room, browser: Browser, django_assert_num_queries: Any
) -> None:
    client = browser(cast.alice)
    for address in ("/chat/lobby/", f"/chat/{talk.slug}/"):
        client.get(address)
        with django_assert_num_queries(4):
            client.get(address)


# --- People


def found(client: Client, q: str) -> list[str]:
    answer = client.get("/people/", {"q": q}, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.content
    return [each["username"] for each in answer.json()["people"]]


def test_people_are_found_by_how_name_or_username_begins(cast: Cast, browser: Browser) -> None:
    make_user("zoe", display_name="Élodie Straße")
    client = browser(cast.charlie)
    for q in ("élo", "ELO", "elodie str", "zo", "@zoe", "ÉLODIE STRASSE", " ｅｌo "):
        assert found(client, q) == ["zoe"], q
    for q in ("straße", "%", "_", "\\", "x" * 64):
        assert found(client, q) == [], q
    assert found(client, "") == ["alice", "bob", "charlie", "zoe"]
    User.objects.filter(username="zoe").update(is_active=False)
    assert found(client, "zo") == []


def test_who_takes_another_name_is_found_by_that(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob)
    client.post("/accounts/", {"display_name": "Robert"})
    assert (found(client, "robert"), found(client, "bob")) == (["bob"], ["bob"])
    cast.bob.refresh_from_db()
    cast.bob.display_name = ""
    cast.bob.save(update_fields=["display_name"])
    assert found(client, "robert") == []


def test_a_search_brings_so_many_and_says_that_there_are_more(
    cast: Cast, browser: Browser, django_assert_num_queries: Any
) -> None:
    for number in range(PEOPLE_FOUND + 1):
        make_user(f"guest{number:02d}")
    client = browser(cast.alice)
    found(client, "guest")
    with django_assert_num_queries(3):
        answer = client.get("/people/?q=guest", headers={"Accept": "application/json"}).json()
    assert (len(answer["people"]), answer["more"]) == (PEOPLE_FOUND, True)
    assert answer["people"][0] == {"username": "guest00", "name": "guest00"}


@pytest.mark.parametrize("q", ["%00", "x" * 65, "%FF"])
def test_a_search_that_cannot_be_is_refused_or_finds_nobody(
    cast: Cast, browser: Browser, q: str
) -> None:
    client = browser(cast.alice)
    answer = client.get(f"/people/?q={q}", headers={"Accept": "application/json"})
    assert answer.status_code in {200, 400}
    assert client.get(f"/people/?q={q}").status_code == 200


def test_only_who_is_signed_in_looks_for_people(cast: Cast) -> None:
    answer = Client().get("/people/?q=a", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    page = Client().get("/people/?q=a")
    assert (page.status_code, page["Location"]) == (302, "/accounts/login/?next=/people/%3Fq%3Da")


def test_the_page_works_without_a_script(cast: Cast, browser: Browser) -> None:
    cast.bob.display_name = "<b>Bob</b>"
    cast.bob.save()
    page = browser(cast.alice).get("/people/?q=bob").content.decode()
    assert 'type="checkbox" name="people" value="bob"' in page
    assert "<b>Bob</b>" not in page
    assert "begins like that" in browser(cast.alice).get("/people/?q=nobody").content.decode()
