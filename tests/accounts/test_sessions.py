"""What the chat hears when a session or an account is no longer good."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import SessionRenewal, User
from accounts.sessions import SessionStore
from accounts.signals import account_changed, session_cycled, session_ended
from tests.accounts.conftest import PASSWORD, Listen, browser_of


def stored() -> SessionStore:
    session = SessionStore()
    session["tea"] = "green"
    session.create()
    return session


def test_signing_out_ends_the_session(signed_in: Client, listen: Listen) -> None:
    ended = listen(session_ended)
    key = signed_in.session.session_key
    signed_in.post("/accounts/logout/")
    assert ended == [{"session_key": key}]
    assert not Session.objects.filter(session_key=key).exists()


def test_the_row_is_gone_when_it_is_told(signed_in: Client) -> None:
    found: list[bool] = []

    def look(session_key: str, **news: object) -> None:
        found.append(Session.objects.filter(session_key=session_key).exists())

    session_ended.connect(look)
    signed_in.post("/accounts/logout/")
    assert found == [False]


def test_signing_in_over_somebody_else_ends_their_session(
    signed_in: Client, listen: Listen, ada: User
) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    ended = listen(session_ended)
    key = signed_in.session.session_key
    signed_in.force_login(User.objects.get(username="bob"))
    assert ended == [{"session_key": key}]


@pytest.mark.django_db
def test_a_renewed_key_is_not_the_end(listen: Listen) -> None:
    ended, cycled = listen(session_ended), listen(session_cycled)
    session = stored()
    old = session.session_key
    session.cycle_key()
    assert cycled == [{"old_key": old, "new_key": session.session_key}]
    assert ended == []
    assert session["tea"] == "green"
    assert not session.exists(str(old))


@pytest.mark.django_db
def test_a_session_that_was_renewed_still_ends(listen: Listen) -> None:
    ended = listen(session_ended)
    session = stored()
    session.cycle_key()
    key = session.session_key
    session.flush()
    assert ended == [{"session_key": key}]


@pytest.mark.django_db
def test_deleting_by_key_ends_that_session(listen: Listen) -> None:
    ended = listen(session_ended)
    key = stored().session_key
    SessionStore().delete(key)
    assert ended == [{"session_key": key}]


@pytest.mark.django_db
def test_what_was_never_stored_neither_ends_nor_goes_on(listen: Listen) -> None:
    ended, cycled = listen(session_ended), listen(session_cycled)
    SessionStore().flush()
    SessionStore().cycle_key()
    assert ended == cycled == []


@pytest.mark.django_db(transaction=True)
async def test_the_async_ways_tell_the_same(listen: Listen) -> None:
    ended, cycled = listen(session_ended), listen(session_cycled)
    session = SessionStore()
    await session.acreate()
    first = session.session_key
    await session.acycle_key()
    second = session.session_key
    await session.aflush()
    assert cycled == [{"old_key": first, "new_key": second}]
    assert ended == [{"session_key": second}]


def test_deactivating_and_deleting_are_told(ada: User, listen: Listen) -> None:
    changed = listen(account_changed)
    user = User.objects.get(pk=ada.pk)
    user.is_active = False
    user.save()
    user.save()
    key = user.pk
    User.objects.filter(pk=key).delete()
    assert [news["user"].username for news in changed] == ["ada", "ada"]


def test_a_new_password_is_told_once(ada: User, listen: Listen) -> None:
    changed = listen(account_changed)
    ada.set_password("another-kettle")
    ada.save(update_fields=["display_name"])
    assert changed == []
    ada.save(update_fields=["password"])
    ada.save()
    assert [news["user"] for news in changed] == [ada]


def test_what_leaves_the_door_alone_is_not_told(ada: User, listen: Listen) -> None:
    changed = listen(account_changed)
    browser_of("ada")  # stores the time
    user = User.objects.only("username").get(pk=ada.pk)
    user.display_name = "Ada Lovelace"
    user.save()
    User.objects.create_user("bob", password=PASSWORD)
    assert changed == []


@pytest.mark.django_db
def test_a_key_that_was_renewed_twice_leads_to_the_last_one() -> None:
    session = stored()
    first = session.session_key
    for _ in range(2):
        session.cycle_key()
    other = stored()
    assert first
    assert other.session_key
    assert SessionRenewal.latest_of([first, other.session_key]) == {first: session.session_key}


@pytest.mark.django_db
def test_old_renewals_are_forgotten() -> None:
    session = stored()
    session.cycle_key()
    SessionRenewal.objects.update(renewed_at=timezone.now() - timedelta(days=2))
    session.cycle_key()
    assert SessionRenewal.objects.count() == 1
