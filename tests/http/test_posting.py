"""Posting over HTTP: the same door as over a socket."""

import json
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat.limits import TokenBuckets
from chat.models import Membership, Message, Room
from chat.node import node
from tests.cast import Cast
from tests.http.conftest import Browser

MESSAGES = "/chat/lobby/messages/"
CLIENT_ID = "0b5c2a1e-7d3f-4a53-9d2f-0a1b2c3d4e5f"


def post(client: Client, body: Any, address: str = MESSAGES, **headers: str) -> HttpResponse:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(address, text, content_type="application/json", headers=headers)  # type: ignore[return-value]


def refusal_of(answer: HttpResponse) -> tuple[int, str]:
    """Status and code of a refusal that is JSON with one sentence for people."""
    assert answer["Content-Type"] == "application/json"
    refusal = json.loads(answer.content)
    assert refusal["detail"].endswith(".")
    return answer.status_code, refusal["code"]


def test_a_message_is_stored_and_acknowledged(cast: Cast, bob: Client) -> None:
    answer = post(bob, {"message": " Hello ", "client_id": CLIENT_ID, "username": "alice"})
    message = Message.objects.get()
    ack = json.loads(answer.content)
    assert (answer.status_code, ack) == (
        201,
        {
            "type": "ack",
            "room": "lobby",
            "client_id": CLIENT_ID,
            "id": message.pk,
            "seq": 1,
            "timestamp": ack["timestamp"],
            "duplicate": False,
        },
    )
    assert (message.text, message.sender) == ("Hello", cast.bob)


def test_a_form_posts_as_well(bob: Client) -> None:
    answer = bob.post(MESSAGES, {"message": "Hello", "client_id": CLIENT_ID})
    assert (answer.status_code, answer.json()["client_id"]) == (201, CLIENT_ID)


def test_a_repeated_post_is_answered_with_the_first_ack(bob: Client) -> None:
    body = {"message": "once", "client_id": CLIENT_ID}
    first, again = post(bob, body), post(bob, body)
    assert again.status_code == 200
    assert json.loads(again.content) == {**json.loads(first.content), "duplicate": True}
    assert Message.objects.count() == 1


def test_without_a_client_id_each_post_is_a_message(bob: Client) -> None:
    for _ in range(2):
        assert post(bob, {"message": "again"}).status_code == 201
    assert Message.objects.count() == 2


def test_a_client_id_that_was_used_for_something_else_is_a_conflict(bob: Client) -> None:
    post(bob, {"message": "this", "client_id": CLIENT_ID})
    answer = post(bob, {"message": "that", "client_id": CLIENT_ID})
    assert refusal_of(answer) == (409, "conflict")


def test_a_first_post_makes_a_member(cast: Cast, browser: Browser) -> None:
    assert post(browser(cast.charlie), {"message": "Hello"}).status_code == 201
    assert Membership.objects.get(user=cast.charlie).read == 1


def test_the_room_in_the_body_does_not_lead_elsewhere(cast: Cast, bob: Client) -> None:
    Room.objects.create(name="Kitchen", identity="kitchen", slug="kitchen")
    assert json.loads(post(bob, {"message": "hi", "room": "kitchen"}).content)["room"] == "lobby"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (" ", 400, "bad_frame"),
        ("{", 400, "bad_frame"),
        ("[]", 400, "bad_frame"),
        ('"hi"', 400, "bad_frame"),
        ("NaN", 400, "bad_frame"),
        ("[" * 60_000, 400, "bad_frame"),
        (b"\xff", 400, "bad_frame"),
        (b'{"message": "\x00"}', 400, "bad_frame"),
        ('{"message": "a\\u0000b"}', 400, "bad_frame"),
        ('{"message": "\\ud800"}', 400, "bad_frame"),
        ({"message": None}, 400, "bad_frame"),
        ({"message": ["hi"]}, 400, "bad_frame"),
        ({"message": "hi", "client_id": "1"}, 400, "bad_frame"),
        ({"message": "hi", "reply_to": "x"}, 400, "bad_frame"),
        ({"message": "hi", "reply_to": 2**63}, 400, "bad_frame"),
        ({"message": "hi", "reply_to": 99}, 404, "no_such_message"),
        ({"message": "hi", "reply_to": -1}, 404, "no_such_message"),
        ({"message": "hi", "reply_to": 0}, 404, "no_such_message"),
        ({}, 400, "empty"),
        ({"message": " \n\u200b"}, 400, "empty"),
        ({"message": "x" * 10_001}, 413, "too_long"),
        ({"message": "x" * 65_536}, 413, "too_long"),
        ({"message": "x" * 3_000_000}, 413, "too_long"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_body_that_cannot_be_is_refused(bob: Client, body: Any, status: int, code: str) -> None:
    assert refusal_of(post(bob, body)) == (status, code)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "empty"),
        ({"message": "a\0b"}, 400, "bad_frame"),
        ({"message": "hi", "client_id": "1"}, 400, "bad_frame"),
        ({"message": "hi", "reply_to": ""}, 400, "bad_frame"),
        ({"message": "x" * 10_001}, 413, "too_long"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_form_that_cannot_be_is_refused(
    bob: Client, fields: dict[str, str], status: int, code: str
) -> None:
    assert refusal_of(bob.post(MESSAGES, fields)) == (status, code)  # type: ignore[arg-type]


def test_a_huge_form_is_refused_as_json(bob: Client) -> None:
    answer = bob.post(
        MESSAGES,
        "message=" + "x" * 3_000_000,
        content_type="application/x-www-form-urlencoded",
    )
    assert refusal_of(answer) == (413, "too_long")  # type: ignore[arg-type]


def test_a_form_of_very_many_fields_is_refused_as_json(bob: Client) -> None:
    body = "&".join(f"f{number}=1" for number in range(1500))
    answer = bob.post(MESSAGES, body, content_type="application/x-www-form-urlencoded")
    assert refusal_of(answer)[0] in {400, 413}  # type: ignore[arg-type]


def test_a_body_of_no_known_kind_is_an_empty_message(bob: Client) -> None:
    answer = bob.post(MESSAGES, b"\x89PNG\r\n", content_type="image/png")
    assert refusal_of(answer) == (400, "empty")  # type: ignore[arg-type]


def test_a_broken_upload_is_refused_as_json(bob: Client) -> None:
    answer = bob.post(MESSAGES, b"nothing of this kind", content_type="multipart/form-data")
    assert refusal_of(answer)[0] == 400  # type: ignore[arg-type]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.dictionaries(
            st.sampled_from(["message", "client_id", "reply_to", "room", "ref", "type"]),
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        ).map(lambda fields: json.dumps(fields).encode()),
    )
)
def test_whatever_is_sent_the_answer_is_an_ack_or_a_refusal(bob: Client, body: bytes) -> None:
    answer = post(bob, body)
    if answer.status_code in {200, 201}:
        assert json.loads(answer.content)["type"] == "ack"
    else:
        assert refusal_of(answer)[0] in {400, 404, 409, 413}


def test_a_message_with_every_kind_of_character_comes_back_as_it_went(bob: Client) -> None:
    text = "<b>&amp;</b> \\u0000 ' \" ` \u202e \u2028 \x01 日本 👨‍👩‍👧 e\u0301"
    post(bob, {"message": text})
    assert bob.get(MESSAGES).json()["messages"][0]["message"] == text


def test_who_is_not_signed_in_is_told_so(cast: Cast) -> None:
    assert refusal_of(post(Client(), {"message": "hi"})) == (401, "not_signed_in")
    assert refusal_of(Client().get(MESSAGES)) == (401, "not_signed_in")  # type: ignore[arg-type]
    assert not Message.objects.exists()


def test_who_was_deactivated_is_not_signed_in(cast: Cast, bob: Client) -> None:
    cast.bob.is_active = False
    cast.bob.save()
    assert refusal_of(post(bob, {"message": "hi"})) == (401, "not_signed_in")


def test_a_request_from_another_site_is_refused_as_json(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob, checks_csrf=True)  # type: ignore[call-arg]
    assert refusal_of(post(client, {"message": "hi"})) == (403, "forbidden")
    assert not Message.objects.exists()


def test_with_its_token_a_request_is_let_through(cast: Cast, browser: Browser) -> None:
    client = browser(cast.bob, checks_csrf=True)  # type: ignore[call-arg]
    client.get("/chat/lobby/")
    token = client.cookies["csrftoken"].value
    assert post(client, {"message": "hi"}, **{"X-CSRFToken": token}).status_code == 201


def test_a_room_that_is_not_there_is_told_so(bob: Client) -> None:
    for slug in ("absent", "%00", "%FF", "x" * 300):
        address = f"/chat/{slug}/messages/"
        assert refusal_of(post(bob, {"message": "hi"}, address)) == (404, "no_such_room")
        assert refusal_of(bob.get(address)) == (404, "no_such_room")  # type: ignore[arg-type]


def test_a_field_of_a_form_is_as_long_as_a_frame_at_most(bob: Client) -> None:
    script = {"headers": {"Accept": "application/json"}}
    for fields in ({"message": "x" * 70_000}, {"message": "hi", "client_id": "x" * 70_000}):
        answer = bob.post(MESSAGES, fields, **script)  # type: ignore[arg-type]
        assert refusal_of(answer) == (413, "too_long")  # type: ignore[arg-type]
        assert json.loads(answer.content)["detail"] == "The form is too large."
    assert bob.post(MESSAGES, {"message": "x" * 10_000}, **script).status_code == 201  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_another_method_is_refused(bob: Client, method: str) -> None:
    assert getattr(bob, method)(MESSAGES).status_code == 405


def test_who_posts_too_fast_is_told_how_long_to_wait(
    bob: Client, browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "posts", TokenBuckets(per_second=0.4, burst=2, clock=lambda: 1000.0))
    statuses = [post(bob, {"message": "hi"}).status_code for _ in range(2)]
    answer = post(bob, {"message": "hi"})
    assert (statuses, refusal_of(answer)) == ([201, 201], (429, "rate_limited"))
    assert json.loads(answer.content)["retry_after"] == 2.5
    assert answer["Retry-After"] == "3"
    assert post(browser(cast.alice), {"message": "hi"}).status_code == 201


@pytest.mark.parametrize(
    ("rate", "path", "bodies"),
    [
        ("rooms", "/chat/", [{"name": "one"}, {"kind": "direct", "people": ["bob"]}]),
        ("invitations", "/chat/lobby/members/", [{"username": "charlie"}]),
        ("invitations", "/chat/lobby/invitations/", [{}]),
    ],
)
def test_what_comes_into_the_lists_of_others_has_a_rate_of_its_own(
    rate: str,
    path: str,
    bodies: list[dict[str, Any]],
    browser: Browser,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for own in ("rooms", "invitations"):
        used_up = TokenBuckets(per_second=0.5, burst=0, clock=lambda: 1000.0)
        monkeypatch.setattr(
            node, own, used_up if own == rate else TokenBuckets(per_second=1, burst=9)
        )
    alice = browser(cast.alice)
    for body in bodies:
        assert refusal_of(post(alice, body, path)) == (429, "rate_limited")
    assert post(alice, {"message": "hi"}).status_code == 201


def test_a_page_says_who_makes_rooms_too_fast(
    browser: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "rooms", TokenBuckets(per_second=0.5, burst=1))
    statuses = [browser(cast.bob).post("/chat/", {"name": name}).status_code for name in "ab"]
    assert statuses == [302, 429]
    assert not Room.objects.filter(name="b").exists()


def test_a_reply_names_its_message(bob: Client) -> None:
    question = json.loads(post(bob, {"message": "Well?"}).content)
    post(bob, {"message": "Yes.", "reply_to": question["id"]})
    assert bob.get(MESSAGES).json()["messages"][1]["reply_to"] == question["id"]


def test_each_sender_has_client_ids_of_their_own(cast: Cast, browser: Browser) -> None:
    client_id = str(uuid.uuid4())
    for user in (cast.alice, cast.bob):
        answer = post(browser(user), {"message": user.username, "client_id": client_id})
        assert answer.status_code == 201
