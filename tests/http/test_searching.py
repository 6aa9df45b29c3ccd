"""Messages are found by their words, by those who may read them and by nobody else."""

from http import HTTPStatus
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client

from accounts.models import User
from chat import indexing
from chat.actions.conversations import open_conversation
from chat.actions.members import remove
from chat.actions.messages import delete_message, edit_message
from chat.actions.posting import post_message
from chat.actions.rooms import enter_room, open_room
from chat.limits import SEARCH_CHARS, SEARCH_PAGE
from chat.models import Membership, Message, Room, search_rows
from tests.cast import Cast, make_private
from tests.http.conftest import Browser

ALL = 10**9


def say(user: User, room: Room, *texts: str) -> list[Message]:
    """Posted, and in the index."""
    messages = [post_message(room=room, sender=user, text=text).message for text in texts]
    index()
    return messages


def index() -> None:
    async_to_sync(indexing.Index().go_on)(0, search_rows.head(), ALL)


def in_the_index() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM chat_messagewords")
        return int(cursor.fetchone()[0])


def search(client: Client, q: str, **query: object) -> dict[str, Any]:
    answer = client.get("/search/", {"q": q, **query})
    assert answer.status_code == HTTPStatus.OK, answer.content
    found: dict[str, Any] = answer.json()
    return found


def texts(client: Client, q: str, **query: object) -> list[str]:
    return [each["message"] for each in search(client, q, **query)["messages"]]


def test_messages_are_found_by_the_beginnings_of_their_words_newest_first(
    cast: Cast, browser: Browser
) -> None:
    say(cast.alice, cast.room, "The Café opens at nine", "nothing", "Nine cafés and more")
    client = browser(cast.bob)
    assert texts(client, "caf") == ["Nine cafés and more", "The Café opens at nine"]
    assert texts(client, "nine CAFÉ") == ["Nine cafés and more", "The Café opens at nine"]
    assert texts(client, "cafe opens") == ["The Café opens at nine"]
    assert texts(client, "afe") == []
    assert texts(client, "cafe closes") == []


def test_a_hit_is_the_whole_message_and_its_room_is_named(cast: Cast, browser: Browser) -> None:
    (message,) = say(cast.alice, cast.room, "A **bold** claim")
    found = search(browser(cast.bob), "bold")
    assert found["rooms"] == {"lobby": "Lobby"}
    assert found["next"] is None
    (hit,) = found["messages"]
    assert (hit["id"], hit["room"], hit["username"]) == (message.pk, "lobby", "alice")
    assert "<strong>bold</strong>" in hit["html"]


def test_a_search_is_in_all_of_ones_rooms_or_in_one(cast: Cast, browser: Browser) -> None:
    kitchen, _ = open_room(name="Kitchen", by=cast.bob)
    enter_room(room=kitchen, user=cast.bob)
    say(cast.alice, cast.room, "tea in the lobby")
    say(cast.bob, kitchen, "tea in the kitchen")
    client = browser(cast.bob)
    assert texts(client, "tea") == ["tea in the kitchen", "tea in the lobby"]
    assert texts(client, "tea", room="lobby") == ["tea in the lobby"]
    # Alice has not entered it; but everybody may.
    assert texts(browser(cast.alice), "tea") == ["tea in the lobby"]
    assert texts(browser(cast.alice), "tea", room="kitchen") == ["tea in the kitchen"]


def test_pages_lead_to_the_beginning(cast: Cast, browser: Browser) -> None:
    say(cast.alice, cast.room, *[f"apple {number}" for number in range(SEARCH_PAGE + 3)])
    client = browser(cast.bob)
    first = search(client, "apple")
    assert [each["message"] for each in first["messages"]][:2] == ["apple 22", "apple 21"]
    assert len(first["messages"]) == SEARCH_PAGE
    second = search(client, "apple", before=first["next"])
    assert [each["message"] for each in second["messages"]] == ["apple 2", "apple 1", "apple 0"]
    assert second["next"] is None


def test_what_was_edited_is_found_by_its_new_words_alone(cast: Cast, browser: Browser) -> None:
    (indexed,) = say(cast.alice, cast.room, "first thought")
    waiting = post_message(room=cast.room, sender=cast.alice, text="first idea").message
    for message in (indexed, waiting):
        edit_message(message=message, text="second thought")
    client = browser(cast.bob)
    assert texts(client, "second") == ["second thought", "second thought"]
    index()
    assert texts(client, "second") == ["second thought", "second thought"]
    assert texts(client, "first") == []


def test_what_was_deleted_is_not_found(cast: Cast, browser: Browser) -> None:
    (indexed,) = say(cast.alice, cast.room, "a secret slip")
    waiting = post_message(room=cast.room, sender=cast.alice, text="another slip").message
    for message in (indexed, waiting):
        delete_message(message=message)
    index()
    assert texts(browser(cast.bob), "slip") == []
    assert in_the_index() == 0


def test_nothing_is_kept_of_a_room_that_is_gone(cast: Cast) -> None:
    say(cast.alice, cast.room, "soon gone")
    assert in_the_index() == 1
    cast.room.messages.all().delete()
    assert in_the_index() == 0


def test_a_stranger_finds_nothing_of_a_private_room(cast: Cast, browser: Browser) -> None:
    make_private(cast.room)
    say(cast.alice, cast.room, "the blue pot")
    stranger = browser(cast.charlie)
    assert search(stranger, "blue") == {"messages": [], "rooms": {}, "next": None}
    nowhere = stranger.get("/search/", {"q": "blue", "room": "nowhere"})
    there = stranger.get("/search/", {"q": "blue", "room": "lobby"})
    assert there.status_code == nowhere.status_code == HTTPStatus.NOT_FOUND
    assert there.content == nowhere.content


def test_who_was_put_out_finds_nothing_more(cast: Cast, browser: Browser) -> None:
    say(cast.alice, cast.room, "the blue pot")
    client = browser(cast.bob)
    assert texts(client, "blue") == ["the blue pot"]
    remove(by=Membership.objects.get(user=cast.alice, room=cast.room), user=cast.bob)
    assert texts(client, "blue") == []
    assert (
        client.get("/search/", {"q": "blue", "room": "lobby"}).status_code == HTTPStatus.FORBIDDEN
    )


def test_a_conversation_is_found_by_its_people_under_the_others_name(
    cast: Cast, browser: Browser
) -> None:
    talk, _ = open_conversation(by=cast.alice, people=[cast.bob])
    say(cast.alice, talk, "just between us")
    assert search(browser(cast.bob), "between")["rooms"] == {talk.slug: "alice"}
    assert search(browser(cast.alice), "between")["rooms"] == {talk.slug: "bob"}
    assert texts(browser(cast.charlie), "between") == []


@pytest.mark.parametrize(
    "q", ["", "  ", "a", "👋", '"', "*", "' OR 1=1", "NEAR(", "room : 1", "R1", "a" * SEARCH_CHARS]
)
def test_nothing_that_is_typed_breaks_it(cast: Cast, browser: Browser, q: str) -> None:
    say(cast.alice, cast.room, "plain words")
    assert texts(browser(cast.bob), q) == []


@pytest.mark.parametrize("query", [{"before": "x"}, {"q": "a" * (SEARCH_CHARS + 1)}, {"q": "\0"}])
def test_a_query_that_cannot_be_read_is_refused(
    cast: Cast, browser: Browser, query: dict[str, str]
) -> None:
    answer = browser(cast.bob).get("/search/", query)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json()["code"] == "bad_frame"


def test_who_is_not_signed_in_is_told_so(cast: Cast, client: Client) -> None:
    assert client.get("/search/", {"q": "pot"}).status_code == HTTPStatus.UNAUTHORIZED
