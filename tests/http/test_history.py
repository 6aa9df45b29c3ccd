"""Pages of a room's timeline and of its log, over HTTP."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from chat import events, history, protocol
from chat.actions.messages import add_reaction, delete_message, edit_message
from chat.actions.posting import post_message
from chat.actions.rooms import open_room
from chat.models import Membership, Message
from tests.cast import Cast, make_private
from tests.http.conftest import Browser

HISTORY = "/chat/lobby/messages/"


def ask(client: Client, **query: object) -> dict[str, Any]:
    answer = client.get(HISTORY, query)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.content
    page: dict[str, Any] = answer.json()
    return page


def seqs(page: dict[str, Any]) -> list[int]:
    return [message["seq"] for message in page["messages"]]


def fill(cast: Cast, count: int, *, deleted: int = 0, seed: int = 0) -> None:
    dice = random.Random(seed)
    for number in range(count):
        sender = (cast.alice, cast.bob)[number % 2]
        post_message(room=cast.room, sender=sender, text=f"message {number}")
    for message in dice.sample(list(Message.objects.all()), deleted):
        delete_message(message=message)


def test_an_empty_room_has_an_empty_history(bob: Client) -> None:
    assert ask(bob) == {"room": "lobby", "seq": 0, "messages": []}
    assert ask(bob, after=0) == {"room": "lobby", "seq": 0, "messages": []}


def test_a_message_is_told_as_its_event_was(cast: Cast, bob: Client) -> None:
    posted = post_message(room=cast.room, sender=cast.alice, text="Hi").message
    [message] = ask(bob)["messages"]
    assert message == {
        "room": "lobby",
        "id": posted.pk,
        "seq": 1,
        "tick": 1,
        "username": "alice",
        "name": "alice",
        "message": "Hi",
        "timestamp": message["timestamp"],
        "client_id": str(posted.client_id),
        "reply_to": None,
        "mentions": [],
        "edited": None,
        "deleted": False,
        "reactions": {},
        "attachments": [],
        "kind": "text",
    }


def test_without_a_limit_the_newest_50_come_oldest_first(cast: Cast, bob: Client) -> None:
    fill(cast, 53)
    page = ask(bob)
    assert (page["seq"], seqs(page)) == (53, list(range(4, 54)))


@pytest.mark.parametrize(
    ("limit", "count"), [("1", 1), ("100", 100), ("101", 100), ("0", 1), ("-5", 1), (10**18, 100)]
)
def test_a_limit_is_brought_into_its_range(
    cast: Cast, bob: Client, limit: object, count: int
) -> None:
    fill(cast, 105)
    for query in ({}, {"after": 0}, {"before": 200}):
        assert len(ask(bob, limit=limit, **query)["messages"]) == count


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_before_one_another_make_the_whole_timeline(
    cast: Cast, bob: Client, limit: int
) -> None:
    fill(cast, 30, deleted=7)
    timeline: list[int] = []
    page = ask(bob, limit=limit)
    while page["messages"]:
        timeline = seqs(page) + timeline
        page = ask(bob, limit=limit, before=timeline[0])
    assert timeline == list(range(1, 31))


@pytest.mark.parametrize("limit", [1, 7, 50])
@pytest.mark.parametrize("start", [0, 11, 30])
def test_the_chain_of_next_is_the_whole_log(
    cast: Cast, bob: Client, limit: int, start: int
) -> None:
    fill(cast, 30, deleted=7)
    log: list[int] = []
    after: int | None = start
    while after is not None:
        page = ask(bob, limit=limit, after=after)
        assert page["seq"] == 37
        log += [message["tick"] for message in page["messages"]]
        if page["messages"]:
            last = page["messages"][-1]["tick"]
            assert page.get("next") == (last if last < page["seq"] else None)
        after = page.get("next")
    everything = Message.objects.filter(tick__gt=start).order_by("tick")
    assert log == list(everything.values_list("tick", flat=True))


def test_the_log_tells_a_message_that_changed_at_its_latest_change(cast: Cast, bob: Client) -> None:
    first = post_message(room=cast.room, sender=cast.alice, text="oops").message
    post_message(room=cast.room, sender=cast.alice, text="second")
    delete_message(message=first)
    page = ask(bob, after=0)
    assert [(m["seq"], m["tick"], m["deleted"]) for m in page["messages"]] == [
        (2, 2, False),
        (1, 3, True),
    ]
    assert ask(bob, after=2)["messages"] == page["messages"][1:]
    assert "next" not in page


def test_old_state_and_the_log_since_are_what_a_fresh_load_shows(cast: Cast, bob: Client) -> None:
    fill(cast, 20, deleted=4)
    old = ask(bob, limit=100)
    fill(cast, 15, deleted=9, seed=1)
    state = {message["id"]: message for message in old["messages"]}
    after: int | None = old["seq"]
    while after is not None:
        page = ask(bob, limit=5, after=after)
        state |= {message["id"]: message for message in page["messages"]}
        after = page.get("next")
    timeline = sorted(state.values(), key=lambda message: message["seq"])
    assert timeline == ask(bob, limit=100)["messages"]


def test_beyond_the_end_of_the_log_there_is_nothing(cast: Cast, bob: Client) -> None:
    fill(cast, 3)
    for after in (3, 4, 2**63 - 1):
        assert ask(bob, after=after) == {"room": "lobby", "seq": 3, "messages": []}


@pytest.mark.parametrize(
    ("middle", "limit"), [(1, 5), (10, 5), (10, 4), (10, 1), (20, 5), (10, 100)]
)
def test_around_a_message_is_what_was_said_before_and_after_it(
    cast: Cast, bob: Client, middle: int, limit: int
) -> None:
    fill(cast, 20, deleted=3)
    message = Message.objects.get(seq=middle)
    found = seqs(ask(bob, around=message.pk, limit=limit))
    assert middle in found
    assert len(found) <= limit
    assert found == list(range(found[0], found[-1] + 1))
    if limit == 5 and middle == 10:
        assert found == [8, 9, 10, 11, 12]


def test_around_a_message_of_another_room_is_nothing(cast: Cast, bob: Client) -> None:
    other, _ = open_room(name="Kitchen", by=cast.alice)
    elsewhere = post_message(room=other, sender=cast.alice, text="elsewhere").message
    for message_id in (elsewhere.pk, 0, -1, 2**63 - 1):
        answer = bob.get(HISTORY, {"around": message_id})
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_message")


def test_a_deleted_message_has_no_text_left(cast: Cast, bob: Client) -> None:
    message = post_message(room=cast.room, sender=cast.alice, text="secret").message
    delete_message(message=message)
    for query in ({}, {"after": 0}, {"around": message.pk}):
        [found] = ask(bob, **query)["messages"]
        assert (found["message"], found["deleted"], found["tick"]) == ("", True, 2)


@pytest.mark.parametrize("name", ["before", "after", "around", "limit"])
@pytest.mark.parametrize("value", ["", "x", "1.5", "NaN", "-", "٣x", "9" * 30, "9" * 5000, "\0"])
def test_a_query_that_cannot_be_is_refused(bob: Client, name: str, value: str) -> None:
    answer = bob.get(HISTORY, {name: value})
    refusal = answer.json()
    assert (answer.status_code, refusal["code"]) == (400, "bad_frame")
    assert refusal["detail"].endswith(".")


def test_a_negative_tick_is_refused(bob: Client) -> None:
    for name in ("before", "after"):
        assert bob.get(HISTORY, {name: -1}).status_code == 400


def test_reading_the_history_does_not_make_a_member(cast: Cast, browser: Browser) -> None:
    assert browser(cast.charlie).get(HISTORY).status_code == 200
    assert not Membership.objects.filter(user=cast.charlie).exists()


@pytest.mark.parametrize("query", [{}, {"after": 0}, {"before": 1000}])
def test_a_page_costs_the_same_however_much_is_in_it(
    cast: Cast, bob: Client, django_assert_num_queries: Any, query: dict[str, object]
) -> None:
    fill(cast, 1)
    # Session, user, room with its clock, messages.
    for _ in range(2):
        with django_assert_num_queries(4):
            ask(bob, **query)
        fill(cast, 30)
    add_reaction(message=Message.objects.latest("seq"), user=cast.bob, emoji="👍")
    # And the reactions to all of them.
    with django_assert_num_queries(5):
        ask(bob, **query, limit=100)


def test_a_page_around_a_message_costs_the_same_however_much_is_around_it(
    cast: Cast, bob: Client, django_assert_num_queries: Any
) -> None:
    fill(cast, 3)
    middle = Message.objects.get(seq=2)
    # Session, user, room with its clock, the message's place, what was before and after.
    for _ in range(2):
        with django_assert_num_queries(6):
            ask(bob, around=middle.pk)
        fill(cast, 30)


def test_a_row_is_told_as_the_event_of_its_latest_change_was(cast: Cast, bob: Client) -> None:
    """Two ways lead from the database to the wire; they must not differ."""
    kinds = ["plain", "@alice and @bob", "", "to be deleted", "reacted to", "edited"]
    said = [
        post_message(room=cast.room, sender=cast.bob, text=text or '\\ " é 👍').message
        for text in kinds
    ]
    post_message(room=cast.room, sender=cast.alice, text="reply", reply_to=said[0].pk)
    delete_message(message=said[3])
    for emoji in ("👍", "❤️"):
        for user in (cast.bob, cast.alice):
            add_reaction(message=said[4], user=user, emoji=emoji)
    edit_message(message=said[5], text="edited, @alice")
    Message.objects.filter(pk=said[0].pk).update(
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    moment = datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)
    Message.objects.filter(pk=said[1].pk).update(created_at=moment)
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(display_name="Bob <b>")
    in_full = Message.objects.in_full().order_by("seq")
    assert ask(bob)["messages"] == [told(events.message(row)) for row in in_full]
    changes = [told(events.change(row, prev=0)) for row in in_full.order_by("tick")]
    log = [json.loads(event) for _, _, event in history.read_log(cast.room.pk, 0).events]
    assert [{**event, "prev": 0} for event in log] == changes


def told(event: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(protocol.encode(event))
    return found


def test_a_page_that_is_the_same_is_not_sent_again(cast: Cast, bob: Client) -> None:
    fill(cast, 3)
    first = bob.get(HISTORY)
    assert {part.strip() for part in first["Cache-Control"].split(",")} == {"private", "no-cache"}
    assert "Cookie" in first["Vary"]
    again = bob.get(HISTORY, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    post_message(room=cast.room, sender=cast.alice, text="news")
    changed = bob.get(HISTORY, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, len(changed.json()["messages"])) == (200, 4)


def test_what_somebody_kept_tells_a_stranger_nothing(cast: Cast, browser: Browser) -> None:
    fill(cast, 3)
    etag = browser(cast.bob).get(HISTORY)["ETag"]
    make_private(cast.room)
    for client, status in ((browser(cast.charlie), 404), (Client(), 401)):
        answer = client.get(HISTORY, headers={"If-None-Match": etag})
        assert answer.status_code == status
        assert {part.strip() for part in answer["Cache-Control"].split(",")} == {
            "private",
            "no-store",
        }


def test_a_head_has_everything_but_the_page(cast: Cast, bob: Client) -> None:
    fill(cast, 3)
    for address in (HISTORY, "/chat/lobby/", "/chat/"):
        whole, head = bob.get(address), bob.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers.get("ETag") == whole.headers.get("ETag")
