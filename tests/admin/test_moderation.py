"""What is done at the desk is done through the room's own actions, so that everybody sees it."""

import pytest
from django.test import Client

from chat.actions.messages import delete_message
from chat.actions.posting import post_message
from chat.models import Membership, Message, Room
from tests.cast import Cast, role_of
from tests.listening import listening

ROOMS = "/admin/chat/room/"
MEMBERSHIPS = "/admin/chat/membership/"
MESSAGES = "/admin/chat/message/"


def delete(client: Client, *messages: Message, action: str = "delete_messages") -> str:
    """Choose messages in the list and run an action; what the page then says."""
    form = {"action": action, "_selected_action": [message.pk for message in messages]}
    page = client.post(MESSAGES, form, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def actions(client: Client, address: str) -> list[str]:
    form = client.get(address).context["action_form"]
    return [name for name, _ in form.fields["action"].choices if name] if form else []


@pytest.fixture
def oops(cast: Cast) -> Message:
    return post_message(room=cast.room, sender=cast.bob, text="oops").message


# --- Messages


@pytest.mark.parametrize("whose", ["desk", "moderators_desk"])
def test_a_message_is_deleted_as_in_the_room_and_everybody_is_told(
    cast: Cast, oops: Message, whose: str, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(whose)
    with listening() as listener:
        ear = listener.to_room(cast.room)
        page = delete(client, oops)
        [event] = listener.heard(ear)
    oops.refresh_from_db()
    assert "1 message was deleted." in page
    assert (oops.text, oops.seq, oops.tick) == ("", 1, 2)
    assert oops.deleted_at is not None
    assert (event["type"], event["seq"], event["prev"]) == ("message.deleted", 2, 1)
    assert (event["changed"]["id"], event["changed"]["message"]) == (oops.pk, "")


def test_several_are_deleted_one_tick_each_and_those_already_gone_not_again(
    cast: Cast, desk: Client
) -> None:
    messages = [
        post_message(room=cast.room, sender=cast.alice, text=f"{number}").message
        for number in range(4)
    ]
    delete_message(message=messages[0])
    with listening() as listener:
        ear = listener.to_room(cast.room)
        assert "2 messages were deleted." in delete(desk, *messages[:3])
        events = listener.heard(ear)
    assert sorted(event["seq"] for event in events) == [6, 7]
    assert Room.objects.get(pk=cast.room.pk).tick == 7
    assert Message.objects.filter(deleted_at=None).get() == messages[3]


def test_no_row_of_a_message_ever_goes(desk: Client, oops: Message) -> None:
    assert actions(desk, MESSAGES) == ["delete_messages"]
    delete(desk, oops, action="delete_selected")
    assert desk.get(f"{MESSAGES}{oops.pk}/delete/").status_code == 403
    assert desk.post(f"{MESSAGES}{oops.pk}/delete/", {"post": "yes"}).status_code == 403
    oops.refresh_from_db()
    assert oops.text == "oops"


def test_a_message_is_only_looked_at(cast: Cast, desk: Client, oops: Message) -> None:
    assert desk.get(f"{MESSAGES}add/").status_code == 403
    assert desk.post(f"{MESSAGES}add/", {"text": "hi"}).status_code == 403
    page = desk.get(f"{MESSAGES}{oops.pk}/change/")
    assert "oops" in page.content.decode()
    assert "_save" not in page.content.decode()
    assert desk.post(f"{MESSAGES}{oops.pk}/change/", {"text": "changed"}).status_code == 403
    assert Message.objects.get().text == "oops"


# --- Rooms and memberships


@pytest.mark.parametrize("address", [ROOMS, MEMBERSHIPS])
def test_nothing_is_deleted_by_the_way(cast: Cast, desk: Client, address: str) -> None:
    assert "delete_selected" not in actions(desk, address)
    rows = [*Room.objects.values_list("pk", flat=True)]
    form = {"action": "delete_selected", "_selected_action": rows, "post": "yes"}
    desk.post(address, form)
    assert (Room.objects.count(), Membership.objects.count()) == (1, 2)


@pytest.mark.parametrize("address", [ROOMS, MEMBERSHIPS])
def test_rooms_are_made_and_entered_where_everybody_does_it(desk: Client, address: str) -> None:
    assert desk.get(f"{address}add/").status_code == 403


def test_a_topic_that_is_changed_is_told_to_the_room(cast: Cast, desk: Client) -> None:
    with listening() as listener:
        ear = listener.to_room(cast.room)
        form = {
            "topic": "Everything",
            "posting": "everybody",
            "name": "Another",
            "slug": "another",
            "kind": "private",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        }
        assert desk.post(f"{ROOMS}{cast.room.pk}/change/", form).status_code == 302
        [event] = listener.heard(ear)
    room = Room.objects.get()
    assert (room.topic, room.name, room.slug, room.kind) == (
        "Everything",
        "Lobby",
        "lobby",
        "public",
    )
    assert (event["type"], event["room"], event["topic"]) == (
        "room.updated",
        "lobby",
        "Everything",
    )


def test_a_role_that_is_changed_is_told_to_whom_it_concerns(cast: Cast, desk: Client) -> None:
    membership = Membership.objects.get(user=cast.bob)
    with listening() as listener:
        bob, alice = listener.to_user(cast.bob.pk), listener.to_user(cast.alice.pk)
        form = {"role": "moderator", "user": cast.charlie.pk}
        address = f"{MEMBERSHIPS}{membership.pk}/change/"
        assert desk.post(address, form).status_code == 302
        heard = listener.heard(bob), listener.heard(alice)
    assert role_of(cast.bob, cast.room) == Membership.Role.MODERATOR
    [event], [] = heard
    assert (event["type"], event["role"]) == ("room.membership", "moderator")


# --- Rights


def test_moderators_have_exactly_what_they_need(
    cast: Cast, moderators_desk: Client, oops: Message
) -> None:
    for address in ("/admin/", ROOMS, MEMBERSHIPS, MESSAGES, "/admin/accounts/user/"):
        assert moderators_desk.get(address).status_code == 200, address
    membership = Membership.objects.get(user=cast.bob)
    for address in (
        f"{ROOMS}{cast.room.pk}/change/",
        f"{MEMBERSHIPS}{membership.pk}/change/",
        f"{MESSAGES}{oops.pk}/change/",
        f"/admin/accounts/user/{cast.bob.pk}/change/",
    ):
        page = moderators_desk.get(address)
        assert page.status_code == 200, address
        assert "_save" not in page.content.decode()
        changes = {"role": "owner", "topic": "mine", "is_staff": "on", "is_superuser": "on"}
        assert moderators_desk.post(address, changes).status_code == 403, address
    for address in (
        "/admin/auth/group/",
        "/admin/accounts/user/add/",
        f"/admin/accounts/user/{cast.bob.pk}/password/",
        f"/admin/accounts/user/{cast.bob.pk}/delete/",
        f"{ROOMS}{cast.room.pk}/delete/",
        f"{MEMBERSHIPS}{membership.pk}/delete/",
        f"{MESSAGES}{oops.pk}/delete/",
    ):
        assert moderators_desk.get(address).status_code == 403, address
    assert actions(moderators_desk, MESSAGES) == ["delete_messages"]


def test_staff_without_a_right_see_and_do_nothing(empty_desk: Client, oops: Message) -> None:
    assert empty_desk.get("/admin/").status_code == 200
    for address in (ROOMS, MEMBERSHIPS, MESSAGES, "/admin/accounts/user/"):
        assert empty_desk.get(address).status_code == 403, address
    form = {"action": "delete_messages", "_selected_action": [oops.pk]}
    assert empty_desk.post(MESSAGES, form).status_code == 403
    assert Message.objects.get().text == "oops"


def test_who_may_look_may_not_delete(empty_desk: Client, cast: Cast, oops: Message) -> None:
    from django.contrib.auth.models import Permission

    may_look = Permission.objects.get(codename="view_message")
    may_look.user_set.add(empty_desk.session["_auth_user_id"])
    assert empty_desk.get(MESSAGES).status_code == 200
    assert actions(empty_desk, MESSAGES) == []
    delete(empty_desk, oops)
    assert Message.objects.get().text == "oops"


@pytest.mark.parametrize("address", ["/admin/", ROOMS, "/admin/login/", f"{MESSAGES}1/change/"])
def test_everybody_signs_in_at_the_one_page(cast: Cast, address: str) -> None:
    page = Client().get(address, follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert page.status_code == 200


def test_who_is_no_staff_gets_no_desk(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.alice)
    for address in ("/admin/", ROOMS, MESSAGES):
        assert client.get(address, follow=True).status_code in {302, 403}
        assert "delete_messages" not in client.get(address).content.decode()
