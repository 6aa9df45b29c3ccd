"""Who belongs to a room, as JSON and as a page."""

from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat import mentions
from chat.actions.members import change_role, remove
from chat.actions.rooms import enter_room
from chat.models import Membership, Room
from tests.cast import Cast, make_private, make_user, role_of

JSON = "application/json"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def standing_of(user: User, room: Room) -> str | None:
    return (
        Membership.objects.filter(user=user, room=room).values_list("standing", flat=True).first()
    )


@pytest.fixture
def private(cast: Cast) -> Room:
    return make_private(cast.room)


def invite(by: User, username: str, role: str = "member") -> int:
    body = {"username": username, "role": role}
    return client_of(by).post("/chat/lobby/members/", body, content_type=JSON).status_code


def test_an_invited_person_sees_a_private_room(cast: Cast, private: Room) -> None:
    charlie = client_of(cast.charlie)
    assert charlie.get("/chat/lobby/").status_code == HTTPStatus.NOT_FOUND
    assert invite(cast.alice, "charlie") == HTTPStatus.CREATED
    assert charlie.get("/chat/lobby/").status_code == HTTPStatus.OK
    assert role_of(cast.charlie, private) == "member"


def test_a_member_cannot_invite_and_a_stranger_learns_nothing(cast: Cast, private: Room) -> None:
    assert invite(cast.bob, "charlie") == HTTPStatus.FORBIDDEN
    assert invite(cast.charlie, "charlie") == HTTPStatus.NOT_FOUND
    assert standing_of(cast.charlie, private) is None


def test_only_owners_change_roles(cast: Cast) -> None:
    change_role(membership=Membership.objects.get(user=cast.bob, room=cast.room), role="moderator")
    assert invite(cast.bob, "charlie") == HTTPStatus.CREATED
    assert invite(cast.bob, "charlie", "moderator") == HTTPStatus.FORBIDDEN
    assert invite(cast.bob, "alice") == HTTPStatus.FORBIDDEN
    assert invite(cast.alice, "charlie", "owner") == HTTPStatus.CREATED
    assert role_of(cast.charlie, cast.room) == "owner"


def test_the_last_owner_stays_until_there_is_another(cast: Cast) -> None:
    alice = client_of(cast.alice)
    assert alice.delete("/chat/lobby/members/alice/").status_code == HTTPStatus.FORBIDDEN
    assert invite(cast.alice, "alice", "member") == HTTPStatus.FORBIDDEN
    invite(cast.alice, "bob", "owner")
    assert alice.delete("/chat/lobby/members/alice/").status_code == HTTPStatus.OK
    assert standing_of(cast.alice, cast.room) == "left"


def test_who_left_comes_back_by_the_page(cast: Cast) -> None:
    bob = client_of(cast.bob)
    assert bob.delete("/chat/lobby/members/bob/").status_code == HTTPStatus.OK
    refused = bob.post("/chat/lobby/messages/", {"message": "still here?"}, content_type=JSON)
    assert refused.json()["code"] == "forbidden"
    assert bob.get("/chat/lobby/").status_code == HTTPStatus.OK
    assert standing_of(cast.bob, cast.room) == "belongs"


def test_who_was_removed_needs_a_moderator(cast: Cast) -> None:
    bob = client_of(cast.bob)
    assert client_of(cast.alice).delete("/chat/lobby/members/bob/").status_code == HTTPStatus.OK
    assert bob.get("/chat/lobby/").status_code == HTTPStatus.FORBIDDEN
    assert bob.get("/chat/lobby/messages/").status_code == HTTPStatus.FORBIDDEN
    assert invite(cast.alice, "bob") == HTTPStatus.CREATED
    assert bob.get("/chat/lobby/").status_code == HTTPStatus.OK


def test_a_ban_keeps_out_until_it_is_lifted(cast: Cast) -> None:
    alice, charlie = client_of(cast.alice), client_of(cast.charlie)
    assert alice.post("/chat/lobby/bans/charlie/", content_type=JSON).status_code == HTTPStatus.OK
    assert charlie.get("/chat/lobby/").status_code == HTTPStatus.FORBIDDEN
    assert alice.delete("/chat/lobby/bans/charlie/").status_code == HTTPStatus.OK
    assert charlie.get("/chat/lobby/").status_code == HTTPStatus.OK


def test_nobody_puts_out_somebody_who_is_not_below_them(cast: Cast) -> None:
    assert client_of(cast.bob).delete("/chat/lobby/members/alice/").status_code == 403
    assert client_of(cast.bob).post("/chat/lobby/bans/alice/", content_type=JSON).status_code == 403
    assert client_of(cast.charlie).delete("/chat/lobby/members/bob/").status_code == 404
    assert standing_of(cast.alice, cast.room) == "belongs"


def test_the_page_does_the_same_with_forms(cast: Cast) -> None:
    alice = client_of(cast.alice)
    page = alice.get("/chat/lobby/members/")
    assert "@bob" in page.content.decode()
    page = alice.post("/chat/lobby/members/", {"username": "charlie"}, follow=True)
    assert "@charlie" in page.content.decode()
    form = {"_method": "delete"}
    page = alice.post("/chat/lobby/members/charlie/", form, follow=True)
    assert "@charlie" not in page.content.decode()
    page = alice.post("/chat/lobby/members/", {"username": "nobody-at-all"}, follow=True)
    assert "There is nobody of that name." in page.content.decode()


def test_only_members_see_the_page(cast: Cast) -> None:
    assert client_of(cast.charlie).get("/chat/lobby/members/").status_code == HTTPStatus.NOT_FOUND
    assert Client().get("/chat/lobby/members/").status_code == HTTPStatus.FOUND


def test_not_signed_in_is_401_for_a_script() -> None:
    for method, path in [
        ("POST", "/chat/lobby/members/"),
        ("DELETE", "/chat/lobby/members/bob/"),
        ("POST", "/chat/lobby/bans/bob/"),
        ("DELETE", "/chat/lobby/bans/bob/"),
    ]:
        answer = Client().generic(method, path, "{}", content_type=JSON)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_two_private_rooms_may_share_a_name(cast: Cast) -> None:
    bob = client_of(cast.bob)
    slugs = {
        bob.post("/chat/", {"name": "Plans", "kind": "private"}, content_type=JSON).json()["room"]
        for _ in range(2)
    }
    assert len(slugs) == 2


def test_a_private_rooms_name_cannot_be_found_by_trying_it(cast: Cast) -> None:
    body = {"name": "Layoffs", "kind": "private"}
    client_of(cast.alice).post("/chat/", body, content_type=JSON)
    made = client_of(cast.charlie).post("/chat/", {"name": "Layoffs"}, content_type=JSON)
    assert (made.status_code, made.json()["room"]) == (201, "layoffs")


def test_a_form_that_asks_for_nothing_removes_nobody(cast: Cast) -> None:
    role = {"role": "moderator"}
    answer = client_of(cast.alice).post("/chat/lobby/members/bob/", role, content_type=JSON)
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert standing_of(cast.bob, cast.room) == "belongs"


def test_private_rooms_stay_out_of_a_strangers_list(cast: Cast) -> None:
    client_of(cast.bob).post("/chat/", {"name": "Plans", "kind": "private"}, content_type=JSON)
    assert b"plans" not in client_of(cast.charlie).get("/chat/").content


def called(by: User, beginning: str) -> list[str]:
    answer = client_of(by).get("/chat/lobby/members/", {"q": beginning})
    assert answer.status_code == HTTPStatus.OK
    return [person["username"] for person in answer.json()["people"]]


def test_members_who_are_not_here_are_found_by_the_beginning_of_their_usernames(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        enter_room(room=cast.room, user=make_user(f"anna{number:02}"))
    gone = make_user("annabel", is_active=False)  # type: ignore[arg-type]
    enter_room(room=cast.room, user=gone)
    assert called(cast.bob, "A") == ["alice", *(f"anna{number:02}" for number in range(9))]
    assert called(cast.bob, "ANNA11") == ["anna11"]
    assert called(cast.bob, "char") == []
    bob = client_of(cast.bob)
    # Session and account, the door, one's own membership, the people, how many they are.
    with django_assert_num_queries(6):
        bob.get("/chat/lobby/members/", {"q": "a"})


def test_who_looks_for_somebody_is_told_whether_they_may_call_everybody(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def may_call(by: User) -> bool:
        return bool(client_of(by).get("/chat/lobby/members/", {"q": "a"}).json()["everybody"])

    assert may_call(cast.bob)
    monkeypatch.setattr(mentions, "EVERYBODY_MOST", 1)
    assert (may_call(cast.bob), may_call(cast.alice)) == (False, True)


def test_strangers_and_former_members_find_nobody(cast: Cast, private: Room) -> None:
    own = Membership.objects.select_related("room", "user").get(user=cast.alice, room=cast.room)
    remove(by=own, user=cast.bob)
    for who in (cast.bob, cast.charlie):
        refused = client_of(who).get("/chat/lobby/members/", {"q": "a"})
        absent = client_of(who).get("/chat/nowhere/members/", {"q": "a"})
        assert (refused.status_code, refused.content) == (HTTPStatus.NOT_FOUND, absent.content)
    assert Client().get("/chat/lobby/members/", {"q": "a"}).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("beginning", ["", "\0", "x" * 65])
def test_a_beginning_that_cannot_be_one_is_refused(cast: Cast, beginning: str) -> None:
    refused = client_of(cast.bob).get("/chat/lobby/members/", {"q": beginning})
    assert refused.status_code == HTTPStatus.BAD_REQUEST
