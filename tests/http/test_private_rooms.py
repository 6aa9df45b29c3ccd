"""What else could give a private room away; its addresses are those of test_tour_of_a_stranger."""

import json

import pytest
from django.test import Client

from chat.actions.posting import post_message
from chat.models import Message
from tests.cast import Cast, make_private
from tests.http.conftest import Browser


@pytest.fixture
def secret(cast: Cast) -> Message:
    message = post_message(room=cast.room, sender=cast.alice, text="between us").message
    make_private(cast.room)
    return message


def test_its_name_is_free_for_a_stranger_who_types_it(
    cast: Cast, secret: Message, charlie: Client
) -> None:
    answer = charlie.post("/chat/", {"name": "Lobby"}, follow=True)
    assert answer.redirect_chain == [("/chat/lobby-2/", 302)]  # type: ignore[attr-defined]
    assert "between us" not in answer.content.decode()


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
