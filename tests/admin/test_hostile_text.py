"""What people type is text on every page of the admin, whatever it looks like."""

import html

import pytest
from django.test import Client

from accounts.models import User
from chat.actions.posting import post_message
from chat.models import Membership, Message, Room
from tests.cast import Cast

HOSTILE = "<script>alert(1)</script>"
ATTRIBUTE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def addresses(cast: Cast) -> list[str]:
    """Every page that shows something of the cast's."""
    message = post_message(
        room=cast.room, sender=cast.alice, text=f"**{HOSTILE}** {ATTRIBUTE}"
    ).message
    Room.objects.filter(pk=cast.room.pk).update(name=HOSTILE, topic=ATTRIBUTE, slug=HOSTILE[1:20])
    User.objects.filter(pk=cast.alice.pk).update(
        username=HOSTILE, display_name=ATTRIBUTE, email='"<script>"@example.org'
    )
    owner = Membership.objects.get(user=cast.alice)
    pages = [
        ("chat/room", cast.room.pk),
        ("chat/membership", owner.pk),
        ("chat/message", message.pk),
        ("accounts/user", cast.alice.pk),
    ]
    return [
        f"/admin/{model}/{page}"
        for model, pk in pages
        for page in ("", "?q=%3Cscript%3E", f"{pk}/change/", f"{pk}/history/", f"{pk}/delete/")
    ]


def test_it_is_escaped_on_every_page(desk: Client, addresses: list[str]) -> None:
    shown = 0
    for address in addresses:
        page = desk.get(address)
        assert page.status_code in {200, 403}, address
        source = page.content.decode()
        assert HOSTILE not in source, address
        assert "<img src=x" not in source, address
        assert 'value="<' not in source, address
        shown += html.escape(HOSTILE) in source
    assert shown >= 10


def test_it_is_escaped_in_what_the_admin_answers(
    cast: Cast, desk: Client, addresses: list[str]
) -> None:
    message = Message.objects.get()
    form = {"action": "delete_messages", "_selected_action": [message.pk]}
    room_form = {
        "topic": HOSTILE,
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
    }
    membership = Membership.objects.get(user=cast.alice)
    for page in (
        desk.post("/admin/chat/message/", form, follow=True),
        desk.post(f"/admin/chat/room/{cast.room.pk}/change/", room_form, follow=True),
        desk.post(
            f"/admin/chat/membership/{membership.pk}/change/", {"role": "owner"}, follow=True
        ),
        desk.get("/admin/"),
    ):
        assert page.status_code == 200
        assert HOSTILE not in page.content.decode()
        assert "<img src=x" not in page.content.decode()
