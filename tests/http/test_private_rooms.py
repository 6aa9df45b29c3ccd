"""To a stranger a private room is one that does not exist, at every address."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from chat.actions.posting import post_message
from chat.models import Membership, Message
from tests.cast import Cast, make_private
from tests.http.conftest import Browser

GET_ADDRESSES = [
    "/chat/{slug}/",
    "/chat/{slug}",
    "/chat/{slug}/messages/",
    "/chat/{slug}/messages/?before=5",
    "/chat/{slug}/messages/?after=0",
    "/chat/{slug}/messages/?around={message}",
    "/chat/{slug}/messages/?around=0",
    "/chat/{slug}/messages/?before=x",
    "/chat/{slug}/messages/?limit=1000",
]
BODIES: list[Any] = [
    {"message": "Hello?"},
    {"message": "Hello?", "reply_to": 1},
    {"message": ""},
    {"message": "x" * 10_001},
    "{",
]


@pytest.fixture
def secret(cast: Cast) -> Message:
    message = post_message(room=cast.room, sender=cast.alice, text="between us").message
    make_private(cast.room)
    return message


@pytest.fixture
def charlie(cast: Cast, browser: Browser) -> Client:
    return browser(cast.charlie)


def as_seen(answer: HttpResponse, slug: str) -> tuple[int, str, dict[str, str]]:
    """Everything of an answer that could tell one room from another."""
    body = answer.content.decode().replace(slug, "SLUG")
    headers = {name: value.replace(slug, "SLUG") for name, value in answer.items()}
    return answer.status_code, body, headers


@pytest.mark.parametrize("address", GET_ADDRESSES)
def test_a_stranger_reads_nothing(secret: Message, charlie: Client, address: str) -> None:
    answers = [
        as_seen(charlie.get(address.format(slug=slug, message=secret.pk)), slug)  # type: ignore[arg-type]
        for slug in ("lobby", "nowhere")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] in {301, 404, 400}
    assert "between us" not in answers[0][1]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: ascii(body)[:40])
def test_a_stranger_says_nothing(cast: Cast, secret: Message, charlie: Client, body: Any) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    answers = [
        as_seen(
            charlie.post(f"/chat/{slug}/messages/", text, content_type="application/json"),  # type: ignore[arg-type]
            slug,
        )
        for slug in ("lobby", "nowhere")
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] in {400, 404, 413}
    assert Message.objects.count() == 1
    assert not Membership.objects.filter(user=cast.charlie).exists()


@pytest.mark.parametrize("method", ["put", "delete", "head", "options"])
@pytest.mark.parametrize("address", ["/chat/{slug}/", "/chat/{slug}/messages/"])
def test_no_other_method_tells_more(
    secret: Message, charlie: Client, method: str, address: str
) -> None:
    answers = [
        as_seen(getattr(charlie, method)(address.format(slug=slug)), slug)
        for slug in ("lobby", "nowhere")
    ]
    assert answers[0] == answers[1]


def test_its_name_is_free_for_a_stranger_who_types_it(
    cast: Cast, secret: Message, charlie: Client
) -> None:
    answer = charlie.post("/chat/", {"name": "Lobby"}, follow=True)
    assert answer.redirect_chain == [("/chat/lobby-2/", 302)]  # type: ignore[attr-defined]
    assert "between us" not in answer.content.decode()


def test_somebody_who_belonged_to_it_is_a_stranger_now(
    cast: Cast, secret: Message, browser: Browser
) -> None:
    client = browser(cast.bob)
    assert client.get("/chat/lobby/messages/").status_code == 200
    Membership.objects.filter(user=cast.bob).delete()
    for address in GET_ADDRESSES:
        answers = [
            as_seen(client.get(address.format(slug=slug, message=secret.pk)), slug)  # type: ignore[arg-type]
            for slug in ("lobby", "nowhere")
        ]
        assert answers[0] == answers[1]


def test_a_reply_in_a_public_room_cannot_reach_into_it(
    cast: Cast, secret: Message, charlie: Client
) -> None:
    charlie.post("/chat/", {"name": "Kitchen"})
    for message in (secret.pk, secret.pk + 1000):
        answer = charlie.post(
            "/chat/kitchen/messages/",
            json.dumps({"message": "hi", "reply_to": message}),
            content_type="application/json",
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_message")
        around = charlie.get("/chat/kitchen/messages/", {"around": message})
        assert (around.status_code, around.json()["code"]) == (404, "no_such_message")


def test_staff_of_the_site_have_no_key_to_it(cast: Cast, secret: Message, browser: Browser) -> None:
    cast.charlie.is_staff = cast.charlie.is_superuser = True
    cast.charlie.save()
    assert browser(cast.charlie).get("/chat/lobby/").status_code == 404
