import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from accounts.models import User
from accounts.signals import account_changed, session_cycled, session_ended
from tests.accounts.conftest import PASSWORD, Listen, browser_of, is_signed_in

NEW = "a-longer-kettle"


def change(browser: Client, old: str = PASSWORD) -> int:
    form = {"oldpassword": old, "password1": NEW, "password2": NEW}
    return browser.post("/accounts/password/change/", form).status_code


def link_in_mail() -> str:
    found = re.search(
        r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body)
    )
    assert found
    return found[1]


def test_changing_the_password_keeps_this_browser_and_ends_the_others(signed_in: Client) -> None:
    other = browser_of("ada")
    assert change(signed_in) == 302
    assert is_signed_in(signed_in)
    assert not is_signed_in(other)
    assert is_signed_in(browser_of("ada", NEW))


def test_the_change_is_told_first_of_the_account_then_of_the_session(
    signed_in: Client, listen: Listen
) -> None:
    changed, cycled, ended = listen(account_changed), listen(session_cycled), listen(session_ended)
    before = signed_in.session.session_key
    change(signed_in)
    assert [news["user"].username for news in changed] == ["ada"]
    assert cycled == [{"old_key": before, "new_key": signed_in.session.session_key}]
    assert ended == []


def test_the_old_password_is_asked_for(signed_in: Client) -> None:
    assert change(signed_in, old="wrong") == 200
    assert is_signed_in(browser_of("ada"))


def test_a_change_is_told_by_mail(signed_in: Client) -> None:
    signed_in.get("/accounts/email/")  # makes ada@example.org an address of the account
    signed_in.post("/accounts/email/", {"action_primary": "", "email": "ada@example.org"})
    mail.outbox.clear()
    change(signed_in)
    assert mail.outbox[0].subject == "[ChatApp] Password Changed"


def test_while_that_mail_is_on_its_way_this_browser_is_signed_in_already(
    signed_in: Client, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in.get("/accounts/email/")
    signed_in.post("/accounts/email/", {"action_primary": "", "email": "ada@example.org"})
    cycled = listen(session_cycled)
    seen: list[bool] = []

    def send(backend: EmailBackend, messages: Any) -> int:
        tab = Client()
        tab.cookies[settings.SESSION_COOKIE_NAME] = cycled[-1]["new_key"]
        seen.append(is_signed_in(tab))
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    assert change(signed_in) == 302
    assert seen == [True]
    assert is_signed_in(signed_in)


def test_a_forgotten_password_is_renewed_by_mail(client: Client, ada: User) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "Ada@example.org"}, follow=True)
    assert "Check your mail" in answer.content.decode()
    assert mail.outbox[0].subject.startswith("[ChatApp] ")
    form_page = client.get(link_in_mail(), follow=True)
    assert "Choose a new password" in form_page.content.decode()
    address = form_page.redirect_chain[-1][0]
    answer = client.post(address, {"password1": NEW, "password2": NEW}, follow=True)
    assert "Your password is changed" in answer.content.decode()
    assert is_signed_in(browser_of("ada", NEW))


def test_a_link_works_once(client: Client, ada: User) -> None:
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    link = link_in_mail()
    address = client.get(link).headers["Location"]
    client.post(address, {"password1": NEW, "password2": NEW})
    assert "This link no longer works" in Client().get(link).content.decode()


def test_nobody_learns_which_addresses_exist(client: Client, ada: User) -> None:
    pages = [
        client.post("/accounts/password/reset/", {"email": address}, follow=True).content
        for address in ("ada@example.org", "nobody@example.org")
    ]
    assert pages[0] == pages[1]


def test_a_reset_ends_every_session(signed_in: Client, client: Client, listen: Listen) -> None:
    changed = listen(account_changed)
    client.post("/accounts/password/reset/", {"email": "ada@example.org"})
    address = client.get(link_in_mail()).headers["Location"]
    client.post(address, {"password1": NEW, "password2": NEW})
    assert len(changed) == 1
    assert not is_signed_in(signed_in)
