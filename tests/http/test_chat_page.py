"""The page of all rooms, and the way to make one for scripts."""

import html
import json
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.http import HttpResponse
from django.test import Client

from chat.actions.messages import delete_message
from chat.actions.posting import post_message
from chat.actions.rooms import open_room
from chat.models import Membership, Room
from tests.cast import Cast, make_private, role_of
from tests.http.conftest import Browser

HOSTILE = "<script>alert(1)</script>"


def names_on(page: HttpResponse) -> list[str]:
    return [room.name for room in page.context["rooms"]]  # type: ignore[attr-defined]


def make(client: Client, body: Any, **headers: str) -> HttpResponse:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/chat/", text, content_type="application/json", headers=headers)  # type: ignore[return-value]


# --- The page


def test_the_rooms_are_listed_with_what_waits_in_them(cast: Cast, browser: Browser) -> None:
    for number in range(3):
        message = post_message(room=cast.room, sender=cast.alice, text=f"{number}").message
    delete_message(message=message)
    open_room(name="A kitchen", by=cast.charlie)
    page = browser(cast.bob).get("/chat/")
    assert page.status_code == 200
    assert [(room.name, room.joined, room.unread) for room in page.context["rooms"]] == [
        ("A kitchen", False, 0),
        ("Lobby", True, 2),
    ]
    assert page.context["rooms"][0].last_posted_at is None
    assert page.context["rooms"][1].last_posted_at == message.created_at
    text = page.content.decode()
    assert 'href="/chat/lobby/"' in text
    assert 'href="/chat/a-kitchen/"' in text


def test_a_private_room_is_listed_for_those_who_belong_to_it(cast: Cast, browser: Browser) -> None:
    make_private(cast.room)
    assert names_on(browser(cast.bob).get("/chat/")) == ["Lobby"]  # type: ignore[arg-type]
    page = browser(cast.charlie).get("/chat/")
    assert names_on(page) == []  # type: ignore[arg-type]
    assert "Lobby" not in page.content.decode().replace("such as Lobby", "")


def test_what_the_script_starts_with_comes_with_the_page(cast: Cast, browser: Browser) -> None:
    make_private(cast.room)
    post_message(room=cast.room, sender=cast.alice, text="for @bob")
    open_room(name=HOSTILE, by=cast.bob)
    Membership.objects.filter(user=cast.bob, room=cast.room).update(notify="nothing")
    start = start_on(browser(cast.bob))
    own = {each["room"]: each for each in start["rooms"]}
    lobby = own.pop("lobby")
    assert (lobby["name"], lobby["kind"], lobby["unread"], lobby["mentions"]) == (
        "Lobby",
        "private",
        1,
        1,
    )
    assert [each["name"] for each in own.values()] == [HOSTILE]
    assert start["user"]["username"] == "bob"
    assert start["notify"] == {"lobby": "nothing"}
    assert start["urls"]["login"].endswith("?next=%2Fchat%2F")
    assert start_on(browser(cast.charlie))["rooms"] == []


def start_on(client: Client) -> Any:
    page = client.get("/chat/").content.decode()
    found = re.search(r'<script id="page" type="application/json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_the_page_costs_the_same_for_two_rooms_and_for_thirty(
    cast: Cast, browser: Browser, django_assert_num_queries: Any
) -> None:
    client = browser(cast.bob)
    # Session, user, rooms with their last message, one's own and what waits in them.
    for _ in range(2):
        with django_assert_num_queries(4):
            client.get("/chat/")
        for number in range(30):
            room, _ = open_room(name=f"Room {number}", by=cast.bob)
            post_message(room=room, sender=cast.bob, text="hi")


def hundred_and_twenty_rooms(cast: Cast) -> list[str]:
    names = [f"Kitchen {number:03d}" for number in range(119)]
    Room.objects.bulk_create(
        Room(name=name, identity=name.lower(), slug=name.replace(" ", "-").lower())
        for name in names
    )
    return [*names, "Lobby"]


def test_many_rooms_come_in_pages_of_fifty(cast: Cast, browser: Browser) -> None:
    names = hundred_and_twenty_rooms(cast)
    client = browser(cast.bob)
    found = []
    address = "/chat/"
    while address:
        page = client.get(address)
        assert len(names_on(page)) <= 50  # type: ignore[arg-type]
        found += names_on(page)  # type: ignore[arg-type]
        further = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = f"/chat/{html.unescape(further[1])}" if further else ""
    assert found == names
    assert 'rel="prev" href="?page=2"' in page.content.decode()


def test_few_rooms_need_neither_pages_nor_a_search(cast: Cast, browser: Browser) -> None:
    source = browser(cast.bob).get("/chat/").content.decode()
    assert 'rel="next"' not in source
    assert 'name="q"' not in source


@pytest.mark.parametrize("wanted", ["Kitchen 11", "KITCHEN 11", " ｋitchen 11 "], ids=ascii)
def test_rooms_are_found_by_how_their_name_begins(
    cast: Cast, browser: Browser, wanted: str
) -> None:
    hundred_and_twenty_rooms(cast)
    page = browser(cast.bob).get("/chat/", {"q": wanted})
    assert names_on(page) == [f"Kitchen {number}" for number in range(110, 119)]  # type: ignore[arg-type]


def test_others_private_rooms_are_not_found(cast: Cast, browser: Browser) -> None:
    make_private(cast.room)
    assert names_on(browser(cast.bob).get("/chat/", {"q": "Lob"})) == ["Lobby"]  # type: ignore[arg-type]
    page = browser(cast.charlie).get("/chat/", {"q": "Lob"})
    assert names_on(page) == []  # type: ignore[arg-type]
    assert "No room" in page.content.decode()


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=%25", "q=_obby", "page=0", "page=-1", "page=x", "page=99999999999", "q=%FF"],
)
def test_a_page_that_cannot_be_is_one_that_can(cast: Cast, browser: Browser, query: str) -> None:
    page = browser(cast.bob).get(f"/chat/?{query}")
    assert page.status_code == 200
    assert names_on(page) in ([], ["Lobby"])  # type: ignore[arg-type]


def test_a_search_is_shown_as_text(cast: Cast, browser: Browser) -> None:
    source = browser(cast.bob).get("/chat/", {"q": HOSTILE}).content.decode()
    assert HOSTILE not in source
    assert html.escape(HOSTILE) in source


def test_a_new_name_makes_a_room_and_leads_into_it(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.charlie).post("/chat/", {"name": "  Größe &  Höhe "})
    assert (answer.status_code, answer["Location"]) == (302, "/chat/gr%C3%B6sse-h%C3%B6he/")
    room = Room.objects.get(slug="grösse-höhe")
    assert (room.name, role_of(cast.charlie, room)) == ("Größe & Höhe", "owner")


@pytest.mark.parametrize(
    "name", ["Lobby", "lobby", " LOBBY ", "ｌｏｂｂｙ", "Lob\u200bby"], ids=ascii
)
def test_a_name_that_is_taken_leads_into_that_room(cast: Cast, browser: Browser, name: str) -> None:
    answer = browser(cast.charlie).post("/chat/", {"name": name})
    assert (answer.status_code, answer["Location"]) == (302, "/chat/lobby/")
    assert Room.objects.count() == 1


def test_every_slug_is_an_address_that_leads_into_its_room(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob)
    for name in ("日本語", "👨‍👩‍👧", "❤️ yes", "C", "C#", "हिन्दी", "100%", "a/b?c#d"):
        page = client.post("/chat/", {"name": name}, follow=True)
        assert page.status_code == 200
        assert f"<bdi>{html.escape(name)}</bdi></h1>" in page.content.decode()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("---", "at least one letter"),
        ("\u200b\u202e", "at least one letter"),
        ("", "Type a name."),
        ("   ", "Type a name."),
        (None, "Type a name."),
        ("x" * 81, "at most 80 characters"),
    ],
    ids=ascii,
)
def test_a_name_that_cannot_be_gets_a_sentence(
    cast: Cast, browser: Browser, name: str | None, sentence: str
) -> None:
    fields = {} if name is None else {"name": name}
    page = browser(cast.bob).post("/chat/", fields)
    assert page.status_code == 200
    assert sentence in page.content.decode()
    # The list is still there, and what was typed.
    assert names_on(page) == ["Lobby"]  # type: ignore[arg-type]
    assert f'value="{name or ""}"' in page.content.decode()
    assert Room.objects.count() == 1


def test_a_name_with_a_nul_gets_a_sentence(cast: Cast, browser: Browser) -> None:
    page = browser(cast.bob).post("/chat/", {"name": "a\0b"})
    assert page.status_code == 200
    assert 'class="field__error' in page.content.decode()


def test_a_hostile_name_is_shown_as_text(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob)
    assert client.post("/chat/", {"name": HOSTILE})["Location"] == "/chat/script-alert-1-script/"
    refused = client.post("/chat/", {"name": f'"><script>{"x" * 80}'})
    for page in (client.get("/chat/"), client.get("/chat/script-alert-1-script/"), refused):
        text = page.content.decode()
        assert HOSTILE not in text
        assert '"><script>' not in text
    assert html.escape(HOSTILE) in client.get("/chat/").content.decode()


def test_who_is_not_signed_in_signs_in_and_comes_back(cast: Cast) -> None:
    for address in ("/chat/", "/chat/lobby/", "/chat/lobby/?a=1"):
        answer = Client().get(address)
        assert answer.status_code == 302
        sign_in, _, back = answer["Location"].partition("?next=")
        assert sign_in == "/accounts/login/"
        assert unquote(back) == address
    assert Client().post("/chat/", {"name": "Kitchen"})["Location"].startswith("/accounts/login/")
    assert not Room.objects.filter(name="Kitchen").exists()


def test_the_front_door_leads_to_the_rooms(cast: Cast, browser: Browser) -> None:
    assert browser(cast.bob).get("/")["Location"] == "/chat/"


def test_what_belongs_to_one_person_is_kept_by_nobody(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob)
    for address in ("/chat/", "/chat/lobby/", "/chat/lobby/members/", "/chat/absent/"):
        kept = client.get(address)["Cache-Control"]
        assert {part.strip() for part in kept.split(",")} == {"private", "no-store"}, address


def test_a_form_from_another_site_is_refused(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob, checks_csrf=True)  # type: ignore[call-arg]
    assert client.post("/chat/", {"name": "Kitchen"}).status_code == 403
    assert not Room.objects.filter(name="Kitchen").exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(cast: Cast, browser: Browser, method: str) -> None:
    assert getattr(browser(cast.bob), method)("/chat/").status_code == 405


# --- For scripts


def test_a_script_makes_a_room_once_and_then_finds_it(cast: Cast, browser: Browser) -> None:
    first = make(browser(cast.bob), {"name": "Kitchen"})
    assert first.status_code == 201
    assert json.loads(first.content) == {
        "room": "kitchen",
        "name": "Kitchen",
        "kind": "public",
        "topic": "",
        "seq": 0,
        "read": 0,
        "unread": 0,
        "mentions": 0,
        "role": "owner",
        "archived": False,
        "posting": "everybody",
    }
    again = make(browser(cast.charlie), {"name": "KITCHEN", "kind": "public", "unknown": 1})
    assert (again.status_code, json.loads(again.content)["role"]) == (200, "member")
    assert role_of(cast.charlie, Room.objects.get(slug="kitchen")) == Membership.Role.MEMBER


def test_a_script_may_send_a_form_and_say_that_it_wants_json(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.bob).post(
        "/chat/", {"name": "Kitchen"}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["room"]) == (201, "kitchen")


def test_a_script_that_is_not_signed_in_is_told_so(cast: Cast) -> None:
    answer = make(Client(), {"name": "Kitchen"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "not_signed_in")
    assert not Room.objects.filter(name="Kitchen").exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (" ", 400, "bad_frame"),
        ("{", 400, "bad_frame"),
        ("[]", 400, "bad_frame"),
        ("null", 400, "bad_frame"),
        (b"\xff\xfe", 400, "bad_frame"),
        ('{"name": "\\ud800"}', 400, "bad_frame"),
        ('{"name": "a\\u0000"}', 400, "bad_frame"),
        ("[" * 60_000, 400, "bad_frame"),
        ({"name": 1}, 400, "bad_frame"),
        ({"name": None}, 400, "bad_frame"),
        ({"name": "Kitchen", "kind": "direct"}, 400, "bad_frame"),
        ({"name": "Kitchen", "kind": "open"}, 400, "bad_frame"),
        ({"name": ""}, 400, "empty"),
        ({}, 400, "empty"),
        ({"name": "\u200b"}, 400, "empty"),
        ({"name": "x" * 81}, 413, "too_long"),
        ({"name": "x" * 65_536}, 413, "too_long"),
        ({"name": "x" * 3_000_000}, 413, "too_long"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_body_that_cannot_be_is_refused_as_json(
    cast: Cast, browser: Browser, body: Any, status: int, code: str
) -> None:
    answer = make(browser(cast.bob), body)
    assert answer.status_code == status
    refusal = json.loads(answer.content)
    assert refusal["code"] == code
    assert refusal["detail"].endswith(".")
    assert Room.objects.count() == 1
