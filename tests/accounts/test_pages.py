"""Every page of an account wears the house's clothes."""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User

# What the admin looks up in the folder that we share with it.
ADMINS_PAGES = [
    "logged_out",
    "password_change_form",
    "password_change_done",
    "password_reset_form",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
    "password_reset_email",
]
# Something for each part of an address that is a variable.
PARTS = {"uidb36": "1", "key": "no-such-key"}


def addresses() -> Iterator[str]:
    """Every address below /accounts/, read off the URL conf."""
    root = next(
        entry
        for entry in get_resolver().url_patterns
        if isinstance(entry, URLResolver) and str(entry.pattern) == "accounts/"
    )
    seen = dict.fromkeys(walk(root, "/accounts/"))
    assert len(seen) >= 14
    yield from seen


# What a script of a page posts to.
NO_PAGES = {"/accounts/theme/"}


def walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        part = str(entry.pattern).strip("^$")
        part = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: PARTS[found[1]], part)
        if isinstance(entry, URLPattern):
            yield prefix + part
        else:
            yield from walk(entry, prefix + part)


def assert_ours(page: str) -> None:
    assert page.lstrip().startswith("<!doctype html>")
    assert re.search(r'<html lang="\w', page)
    assert page.count("<main ") == 1
    assert page.count("<h1") == 1
    assert "css/components/entrance.css" in page
    assert 'class="entrance"' in page or 'class="account"' in page
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title
    assert re.fullmatch(r"\s*\S.*· ChatApp\s*", title[1], re.DOTALL)
    # The policy forbids what is written into the page itself.
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert "src=" in script or 'type="application/json"' in script
    # Every control has its label, and what describes it is there.
    for control in re.findall(r'<(?:input|select|textarea)[^>]*id="([^"]+)"', page):
        assert f'for="{control}"' in page or re.search(
            rf'<label[^>]*>\s*<input[^>]*"{control}"', page
        )
    for names in re.findall(r'aria-describedby="([^"]+)"', page):
        for name in names.split():
            assert f'id="{name}"' in page


@pytest.mark.parametrize("who", ["stranger", "member"])
def test_every_page_wears_our_clothes(who: str, ada: User) -> None:
    shown = 0
    for address in addresses():
        browser = Client()
        if who == "member":
            browser.force_login(ada)
        answer = browser.get(address)
        if address in NO_PAGES:
            assert answer.status_code == 405, address
            continue
        assert answer.status_code in (200, 302), address
        if answer.status_code == 200:
            assert_ours(answer.content.decode())
            shown += 1
    assert shown >= 7


def test_a_member_without_a_password_sets_one(ada: User) -> None:
    ada.set_unusable_password()
    ada.save()
    browser = Client()
    browser.force_login(ada)
    assert (
        browser.get("/accounts/password/change/").headers["Location"] == "/accounts/password/set/"
    )
    assert_ours(browser.get("/accounts/password/set/").content.decode())


def test_the_link_in_the_mail_leads_to_a_page_of_ours(signed_in: Client, ada: User) -> None:
    signed_in.get("/accounts/email/")
    signed_in.post("/accounts/email/", {"action_send": "", "email": "ada@example.org"})
    found = re.search(r"http://testserver(\S+)", str(mail.outbox[-1].body))
    assert found
    page = signed_in.get(found[1]).content.decode()
    assert_ours(page)
    assert signed_in.post(found[1]).status_code == 302
    assert "Confirmed" in signed_in.get("/accounts/email/").content.decode()


def test_a_hostile_name_is_text_in_mails_pages_and_messages(signed_in: Client) -> None:
    hostile = '<img/src=x>"@example.org'
    page = signed_in.post("/accounts/email/", {"action_add": "", "email": hostile})
    assert "<img" not in page.content.decode()


@pytest.mark.parametrize("page", ADMINS_PAGES)
def test_the_admins_pages_are_the_admins(page: str) -> None:
    assert "site-packages" in str(get_template(f"registration/{page}.html").origin.name)  # type: ignore[attr-defined]
