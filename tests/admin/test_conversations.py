"""What people say between themselves is not on anybody's desk; a room's settings are."""

import pytest
from django.test import Client

from chat.actions.conversations import open_conversation
from chat.actions.posting import post_message
from chat.models import Membership, Room
from tests.admin.test_moderation import MEMBERSHIPS, MESSAGES, ROOMS, delete
from tests.cast import Cast
from tests.listening import listening


@pytest.mark.parametrize("whose", ["desk", "moderators_desk"])
def test_a_conversation_is_not_on_the_desk(
    cast: Cast, whose: str, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(whose)
    room, _ = open_conversation(by=cast.alice, people=[cast.bob])
    message = post_message(room=room, sender=cast.alice, text="between us").message
    own = Membership.objects.get(room=room, user=cast.alice)
    for address in (ROOMS, MEMBERSHIPS, MESSAGES, f"{MESSAGES}?q=between", "/admin/"):
        page = client.get(address).content.decode()
        assert room.slug not in page, address
        assert "between us" not in page, address
        assert "a conversation" not in page, address
    for address in (
        f"{ROOMS}{room.pk}/change/",
        f"{ROOMS}{room.pk}/history/",
        f"{MEMBERSHIPS}{own.pk}/change/",
        f"{MESSAGES}{message.pk}/change/",
    ):
        page = client.get(address, follow=True)
        assert "between us" not in page.content.decode(), address
        assert page.request["PATH_INFO"] != address or page.status_code == 404, address
    delete(client, message)
    message.refresh_from_db()
    assert message.text == "between us"


def test_a_room_is_archived_at_the_desk_and_everybody_is_told(cast: Cast, desk: Client) -> None:
    with listening() as listener:
        ear = listener.to_room(cast.room)
        form = {
            "topic": "",
            "posting": "moderators",
            "archived": "on",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        }
        assert desk.post(f"{ROOMS}{cast.room.pk}/change/", form).status_code == 302
        [event] = listener.heard(ear)
    room = Room.objects.get(pk=cast.room.pk)
    assert (room.archived, room.posting) == (True, "moderators")
    assert (event["type"], event["archived"], event["posting"]) == (
        "room.updated",
        True,
        "moderators",
    )
