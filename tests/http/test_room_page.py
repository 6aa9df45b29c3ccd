"""A room's page: the newest messages, ready to be shown."""

import gzip
import json
import re
from typing import Any

import pytest
from django.http import HttpResponse

from chat.actions.messages import delete_message
from chat.actions.posting import post_message
from chat.actions.rooms import open_room
from chat.models import Membership
from tests.cast import Cast, make_private, role_of
from tests.http.conftest import Browser

HOSTILE = "<script>alert(1)</script>"
END_OF_SCRIPT = "</script><script>alert(1)</script>"


def embedded(page: Any) -> dict[str, Any]:
    """The JSON that the page's script finds, as a browser's parser would cut it out."""
    found = re.search(
        r'<script id="page" type="application/json">(.*?)</script>', page.content.decode(), re.S
    )
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_a_room_is_shown_with_its_newest_messages_oldest_first(
    cast: Cast, browser: Browser
) -> None:
    for number in range(60):
        post_message(room=cast.room, sender=cast.alice, text=f"message {number}")
    page = embedded(browser(cast.bob).get("/chat/lobby/"))
    assert page["user"] == {"username": "bob", "name": "bob"}
    assert page["room"] == {
        "room": "lobby",
        "name": "Lobby",
        "kind": "public",
        "topic": "",
        "seq": 60,
        "read": 0,
        "unread": 60,
        "mentions": 0,
        "role": "member",
        "archived": False,
        "posting": "everybody",
    }
    history = page["history"]
    assert (history["room"], history["seq"]) == ("lobby", 60)
    assert [each["message"] for each in history["messages"]] == [
        f"message {number}" for number in range(10, 60)
    ]
    assert page["limits"] == {
        "message_chars": 10_000,
        "frame_bytes": 65_536,
        "upload_bytes": 25 * 1024 * 1024,
        "attachments": 10,
    }
    assert page["urls"]["history"] == "/chat/lobby/messages/"
    for part in ("people", "members", "notify", "uploads"):
        assert page["urls"][part] == f"/chat/lobby/{part}/"
    assert page["urls"]["login"] == "/accounts/login/?next=%2Fchat%2Flobby%2F"


def test_the_page_is_what_the_history_says(cast: Cast, browser: Browser) -> None:
    messages = [
        post_message(room=cast.room, sender=cast.alice, text=f"{number}").message
        for number in range(5)
    ]
    delete_message(message=messages[2])
    client = browser(cast.bob)
    assert (
        embedded(client.get("/chat/lobby/"))["history"]
        == client.get("/chat/lobby/messages/").json()
    )


def test_a_first_visit_makes_a_member_with_nothing_unread(cast: Cast, browser: Browser) -> None:
    post_message(room=cast.room, sender=cast.alice, text="before")
    client = browser(cast.charlie)
    assert embedded(client.get("/chat/lobby/"))["room"]["unread"] == 0
    assert role_of(cast.charlie, cast.room) == Membership.Role.MEMBER
    post_message(room=cast.room, sender=cast.alice, text="after")
    assert embedded(client.get("/chat/lobby/"))["room"]["unread"] == 1
    assert Membership.objects.filter(user=cast.charlie).count() == 1


def test_looking_at_a_page_does_not_mark_it_as_read(cast: Cast, browser: Browser) -> None:
    post_message(room=cast.room, sender=cast.alice, text="hi")
    client = browser(cast.bob)
    for _ in range(2):
        assert embedded(client.get("/chat/lobby/"))["room"]["unread"] == 1


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        END_OF_SCRIPT,
        "<!--<script>",
        "<img src=x onerror=alert(1)>",
        "&lt;b&gt; &amp; \"'`",
        "{{ user.password }} {% debug %}",
        "\u2028\u2029",
    ],
)
def test_whatever_a_message_says_it_stays_text(cast: Cast, browser: Browser, text: str) -> None:
    post_message(room=cast.room, sender=cast.alice, text=f".{text}.")
    page = browser(cast.bob).get("/chat/lobby/")
    source = page.content.decode()
    assert embedded(page)["history"]["messages"][0]["message"] == f".{text}."
    assert "alert(1)</script>" not in source
    assert "<img src=x" not in source
    assert "<!--<script>" not in source


def test_hostile_names_stay_text(cast: Cast, browser: Browser) -> None:
    room, _ = open_room(name=f"x{END_OF_SCRIPT}"[:80], by=cast.alice)
    type(room).objects.filter(pk=room.pk).update(topic=HOSTILE)
    type(cast.alice).objects.filter(pk=cast.alice.pk).update(
        username=HOSTILE, display_name=END_OF_SCRIPT
    )
    cast.alice.refresh_from_db()
    post_message(room=room, sender=cast.alice, text="hi")
    for user in (cast.alice, cast.bob):
        client = browser(user)
        for address in ("/chat/", f"/chat/{room.slug}/"):
            source = client.get(address).content.decode()
            assert "alert(1)</script>" not in source, address
            assert "&lt;/script&gt;&lt;script&gt;alert(1)" in source, address
    page = embedded(client.get(f"/chat/{room.slug}/"))
    assert page["history"]["messages"][0]["name"] == END_OF_SCRIPT
    assert page["room"]["topic"] == HOSTILE


@pytest.mark.parametrize("slug", ["absent", "日本", "%00", "LOBBY", "lobby%20", "%FF", "a" * 200])
def test_a_room_that_is_not_there_is_a_page_that_says_so(
    cast: Cast, browser: Browser, slug: str
) -> None:
    page = browser(cast.bob).get(f"/chat/{slug}/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()


def test_a_private_room_is_open_to_those_who_belong_to_it(cast: Cast, browser: Browser) -> None:
    make_private(cast.room)
    assert embedded(browser(cast.bob).get("/chat/lobby/"))["room"]["kind"] == "private"


def test_an_address_without_its_last_slash_leads_to_the_room(cast: Cast, browser: Browser) -> None:
    answer = browser(cast.bob).get("/chat/lobby")
    assert (answer.status_code, answer["Location"]) == (301, "/chat/lobby/")


def test_the_page_costs_the_same_however_much_is_in_it(
    cast: Cast, browser: Browser, django_assert_num_queries: Any
) -> None:
    client = browser(cast.bob)
    post_message(room=cast.room, sender=cast.alice, text="first")
    client.get("/chat/lobby/")
    # Session, user, own rooms with what waits in them, messages.
    for _ in range(2):
        with django_assert_num_queries(4):
            client.get("/chat/lobby/")
        for number in range(20):
            post_message(room=cast.room, sender=(cast.alice, cast.bob)[number % 2], text="hi")
            open_room(name=f"Room {number}", by=cast.bob)


def test_a_page_that_is_drawn_once_has_the_theme_of_each_who_looks_at_it(
    cast: Cast, browser: Browser
) -> None:
    alice, bob = browser(cast.alice), browser(cast.bob)
    alice.post("/accounts/theme/", {"theme": "dark"})
    for _ in range(2):
        assert 'data-theme="dark"' in source_of(alice.get("/chat/lobby/"))  # type: ignore[arg-type]
        assert 'data-theme="system"' in source_of(bob.get("/chat/lobby/"))  # type: ignore[arg-type]


def test_a_page_has_nothing_inline_but_data(cast: Cast, browser: Browser) -> None:
    for address in ("/chat/", "/chat/lobby/"):
        source = source_of(browser(cast.bob).get(address))  # type: ignore[arg-type]
        scripts = re.findall(r"<script([^>]*)>", source)
        assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)
        assert "<style" not in source
        assert not re.search(r"<[^>]*\s(?:style|on[a-z]+)=", source)


def source_of(page: HttpResponse) -> str:
    assert page.status_code == 200
    return page.content.decode()


def test_the_page_is_small_for_who_takes_it_compressed(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob)
    plain = client.get("/chat/lobby/")
    small = client.get("/chat/lobby/", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (small["Content-Encoding"], "Accept-Encoding" in small["Vary"]) == ("gzip", True)
    assert len(small.content) < len(plain.content) / 3
    assert embedded(HttpResponse(gzip.decompress(small.content))) == embedded(plain)
    refusing = client.get("/chat/lobby/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refusing
