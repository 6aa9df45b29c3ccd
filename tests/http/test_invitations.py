"""Links that invite: whom they let in, and whom they do not."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.invitations import new_key, sealed
from accounts.models import Invitation, User
from chat.actions.members import ban, change_role, remove
from chat.models import Membership, Room, RoomInvitation
from tests.cast import Cast, make_private
from tests.chatter import PASSWORD
from tests.http.conftest import Browser

JSON = "application/json"
OVER = b"This invitation does not work"


@pytest.fixture
def private(cast: Cast) -> Room:
    cache.clear()
    return make_private(cast.room)


def make_link(client: Client, **terms: int) -> dict[str, Any]:
    answer = client.post("/chat/lobby/invitations/", terms, content_type=JSON)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return {**made, "path": made["link"].removeprefix("http://testserver")}


def own(user: User, room: Room) -> Membership:
    return Membership.objects.select_related("user", "room").get(user=user, room=room)


def belongs(user: User, room: Room) -> bool:
    return Membership.objects.belonging().filter(user=user, room=room).exists()


def sign_up(client: Client, path: str, name: str) -> Any:
    """From the page of the link on."""
    door = client.post(path).headers["Location"]
    assert door.startswith("/accounts/signup/?next=")
    form = {
        "username": name,
        "email": f"{name}@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "next": path,
    }
    return client.post(door, form)


def test_a_link_shows_the_room_and_a_button_lets_in(
    cast: Cast, private: Room, browser: Browser
) -> None:
    path = make_link(browser(cast.alice))["path"]
    charlie = browser(cast.charlie)
    page = charlie.get(path)
    assert b"<bdi>Lobby</bdi>" in page.content
    assert not belongs(cast.charlie, private)
    assert charlie.post(path).headers["Location"] == "/chat/lobby/"
    assert belongs(cast.charlie, private)
    # Who belongs goes straight in, and is counted once.
    assert charlie.get(path).headers["Location"] == "/chat/lobby/"
    charlie.post(path)
    assert Invitation.objects.get().uses == 1


def test_a_closed_house_opens_to_whoever_has_a_link_and_they_land_in_the_room(
    cast: Cast, private: Room, browser: Browser, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    path = make_link(browser(cast.alice), uses=1)["path"]
    dora, eve = Client(), Client()
    assert b"<bdi>Lobby</bdi>" in dora.get(path).content
    assert eve.post(path).status_code == 302
    assert sign_up(dora, path, "dora").headers["Location"] == path
    assert dora.get(path).headers["Location"] == "/chat/lobby/"
    assert belongs(User.objects.get(username="dora"), private)
    # The last use is gone, whatever she had accepted.
    sign_up_form = {"username": "eve", "email": "e@x.org", "password1": PASSWORD}
    eve.post("/accounts/signup/", sign_up_form | {"password2": PASSWORD})
    assert not User.objects.filter(username="eve").exists()
    assert b"closed" in Client().get("/accounts/signup/").content


def test_the_last_use_goes_to_one_account(
    cast: Cast, private: Room, browser: Browser, settings: Settings
) -> None:
    """Somebody was quicker between the form's check and the row."""
    settings.SIGNUP_OPEN = False
    make_link(browser(cast.alice), uses=1)
    first, second = Invitation.objects.get(), Invitation.objects.get()
    assert first.use(cast.bob)
    assert not second.use(cast.charlie)
    assert first.use(cast.bob)
    assert Invitation.objects.get().uses == 1


def test_who_has_an_account_signs_in_and_comes_back_to_the_link(
    cast: Cast, private: Room, browser: Browser
) -> None:
    path = make_link(browser(cast.alice))["path"]
    charlie = Client()
    door = charlie.post(path, {"has_account": "1"}).headers["Location"]
    form = {"login": "charlie", "password": PASSWORD, "next": path}
    assert charlie.post(door, form).headers["Location"] == path
    assert not belongs(cast.charlie, private)
    assert charlie.head(path).status_code == 200
    other = make_link(browser(cast.alice))["path"]
    assert charlie.get(other).status_code == 200
    session = charlie.session
    accepted, session["invitation_accepted_at"] = session["invitation_accepted_at"], 0
    session.save()
    assert charlie.get(path).status_code == 200
    session["invitation_accepted_at"] = accepted
    session.save()
    assert charlie.get(path).headers["Location"] == "/chat/lobby/"
    assert belongs(cast.charlie, private)


def test_what_is_revoked_expired_used_up_or_guessed_gets_one_answer_without_the_rooms_name(
    cast: Cast, private: Room, browser: Browser
) -> None:
    alice = browser(cast.alice)
    revoked, expired, used_up, demoted, gone, site = (
        make_link(alice, uses=1)["path"] for _ in range(6)
    )
    links = list(Invitation.objects.order_by("pk"))
    alice.delete(f"/chat/lobby/invitations/{links[0].pk}/")
    Invitation.objects.filter(pk=links[1].pk).update(expires_at=timezone.now() - timedelta(1))
    links[2].use(cast.bob)
    Invitation.objects.filter(pk=links[3].pk).update(made_by=cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    links[4].into.room = None
    links[4].into.save()
    links[5].into.delete()
    guessed = [f"/join/{sealed('invitation', new_key())}/", "/join/abc/", f"{used_up[:-2]}A/"]
    for client in (browser(cast.charlie), Client()):
        answers = []
        for path in (revoked, expired, used_up, demoted, gone, site, *guessed):
            answers += [client.get(path), client.post(path)]
        assert {answer.status_code for answer in answers} == {404}
        assert all(OVER in answer.content for answer in answers)
        assert not any(b"Lobby" in answer.content for answer in answers)
    assert not belongs(cast.charlie, private)


def test_who_was_put_out_is_not_let_in_by_a_link_and_reads_why(
    cast: Cast, private: Room, browser: Browser
) -> None:
    path = make_link(browser(cast.alice))["path"]
    remove(by=own(cast.alice, private), user=cast.bob)
    ban(by=own(cast.alice, private), user=cast.charlie)
    for user in (cast.bob, cast.charlie):
        for answer in (browser(user).get(path), browser(user).post(path)):
            assert answer.status_code == 403
            assert b"You were removed from this room" in answer.content
            assert private.name.encode() not in answer.content
        assert not belongs(user, private)
    path = make_link(browser(cast.alice))["path"]
    RoomInvitation.objects.update(room=None)
    assert OVER in browser(cast.bob).get(path).content


def test_a_link_is_worth_what_its_maker_may_do(cast: Cast, private: Room, browser: Browser) -> None:
    change_role(membership=own(cast.bob, private), role="moderator")
    path = make_link(browser(cast.bob))["path"]
    assert browser(cast.charlie).get(path).status_code == 200
    change_role(membership=own(cast.bob, private), role="member")
    assert OVER in browser(cast.charlie).get(path).content
    # It does not come back to life with the role.
    change_role(membership=own(cast.bob, private), role="moderator")
    assert OVER in browser(cast.charlie).get(path).content


def test_links_are_made_seen_and_revoked_by_moderators_alone(
    cast: Cast, private: Room, browser: Browser
) -> None:
    alice = browser(cast.alice)
    made = make_link(alice, days=1)
    number = made["id"]
    for user, status in ((cast.bob, 403), (cast.charlie, 404)):
        client = browser(user)
        posted = client.post("/chat/lobby/invitations/", {}, content_type=JSON)
        revoked = client.delete(f"/chat/lobby/invitations/{number}/")
        assert (posted.status_code, revoked.status_code) == (status, status)
        assert made["link"].encode() not in client.get("/chat/lobby/members/").content
    assert made["link"].encode() in alice.get("/chat/lobby/members/").content
    assert Client().post("/chat/lobby/invitations/", {}, content_type=JSON).status_code == 401
    # Not by the number of another room's link either.
    cast_room = Client()
    cast_room.force_login(cast.charlie)
    cast_room.post("/chat/", {"name": "Hers", "kind": "private"}, content_type=JSON)
    hers = Room.objects.get(name="Hers").slug
    assert cast_room.delete(f"/chat/{hers}/invitations/{number}/").status_code == 404
    page = alice.post(f"/chat/lobby/invitations/{number}/", {"_method": "delete"}, follow=True)
    assert made["link"] not in page.content.decode()
    assert browser(cast.charlie).get(made["path"]).status_code == 404


def test_terms_are_bounded_and_so_are_links(cast: Cast, private: Room, browser: Browser) -> None:
    alice = browser(cast.alice)
    for terms in ({"days": -1}, {"days": 10**9}, {"uses": 10**9}, {"uses": "many"}):
        answer = alice.post("/chat/lobby/invitations/", terms, content_type=JSON)
        assert answer.json()["code"] == "bad_frame"
    assert make_link(alice, days=0)["expires"] is None
    for _ in range(19):
        make_link(alice)
    assert alice.post("/chat/lobby/invitations/", {}, content_type=JSON).status_code == 403


def test_administrators_invite_to_the_site_and_nobody_else_finds_where(
    cast: Cast, browser: Browser, settings: Settings
) -> None:
    settings.SIGNUP_OPEN = False
    User.objects.filter(pk=cast.alice.pk).update(is_superuser=True)
    alice = browser(cast.alice)
    alice.post("/invitations/", {"days": "7", "uses": "0"})
    link = Invitation.objects.get()
    path = link.get_absolute_url()
    assert path in alice.get("/invitations/").content.decode()
    assert path not in alice.get("/chat/lobby/members/").content.decode()
    dora = Client()
    assert sign_up(dora, path, "dora").headers["Location"] == path
    assert dora.get(path).headers["Location"] == "/welcome/"
    assert dora.get("/welcome/").headers["Location"] == "/chat/lobby/"
    bob = browser(cast.bob)
    assert bob.get("/invitations/").status_code == 404
    assert bob.post("/invitations/", {}).status_code == 404
    assert bob.post(f"/invitations/{link.pk}/").status_code == 404
    assert Client().get("/invitations/").status_code == 302
    User.objects.filter(pk=cast.alice.pk).update(is_superuser=False)
    assert Client().get(path).status_code == 404


def test_opening_links_is_limited(cast: Cast) -> None:
    cache.clear()
    answers = {Client().get("/join/abc/").status_code for _ in range(61)}
    assert answers == {404, 429}
    cache.clear()


def test_a_form_of_another_site_lets_nobody_in(cast: Cast, private: Room, browser: Browser) -> None:
    path = make_link(browser(cast.alice))["path"]
    assert browser(cast.charlie, checks_csrf=True).post(path).status_code == 403
    assert not belongs(cast.charlie, private)
