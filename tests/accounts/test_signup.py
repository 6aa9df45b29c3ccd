from http import HTTPStatus
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.adapter import AccountAdapter
from accounts.models import User
from tests.accounts.conftest import PASSWORD, Person, is_signed_in

pytestmark = pytest.mark.django_db


def sign_up(browser: Client, username: str, **more: str) -> Any:
    form = {
        "username": username,
        "email": "new@example.org",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    return browser.post("/accounts/signup/", form | more)


def test_signing_up_leads_into_the_chat(client: Client) -> None:
    answer = sign_up(client, "ada")
    assert answer.headers["Location"] == "/chat/"
    assert is_signed_in(client)
    assert User.objects.get().username == "ada"


@pytest.mark.parametrize(("way", "is_told"), [("console", False), ("locmem", True)])
def test_who_signs_up_is_told_of_a_mail_unless_it_is_only_printed(
    client: Client, settings: Settings, way: str, is_told: bool
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{way}.EmailBackend"
    sign_up(client, "ada")
    page = client.get("/accounts/").content.decode()
    assert ("new@example.org" in page) == is_told


@pytest.mark.parametrize(("way", "is_told"), [("console", True), ("locmem", False)])
def test_who_waits_for_a_mail_that_is_only_printed_reads_where_it_is(
    client: Client, settings: Settings, way: str, is_told: bool
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{way}.EmailBackend"
    sign_up(client, "ada")
    client.get("/accounts/email/")
    asked = {"email": "new@example.org", "action_send": ""}
    page = client.post("/accounts/email/", asked, follow=True).content.decode()
    assert ("This server sends no mail yet." in page) == is_told
    # One went when she signed up.
    assert ("A mail was sent minutes ago." in page) != is_told
    client.logout()
    page = client.post("/accounts/password/reset/", {"email": "new@example.org"}, follow=True)
    assert ("This server sends no mail yet." in page.content.decode()) == is_told


def test_the_name_is_kept_as_it_was_typed(client: Client) -> None:
    sign_up(client, "AdaLovelace")
    assert User.objects.get().username == "AdaLovelace"


def test_signing_up_goes_on_to_the_page_that_was_asked_for(client: Client) -> None:
    page = client.get("/accounts/signup/?next=/chat/tea/").content.decode()
    assert '<input type="hidden" name="next" value="/chat/tea/">' in page
    assert 'href="/accounts/login/?next=%2Fchat%2Ftea%2F"' in page
    assert sign_up(client, "ada", next="/chat/tea/").headers["Location"] == "/chat/tea/"


@pytest.mark.parametrize("word", ["all", "Everyone", "ＡＬＬ"])
def test_nobody_new_is_called_like_everybody(client: Client, word: str) -> None:
    assert "stands for everybody" in sign_up(client, word).content.decode()
    with pytest.raises(ValidationError):
        User(username=word, password="x").full_clean()
    earlier = User.objects.create_user(word)
    earlier.display_name = "Keeps it"
    earlier.full_clean(exclude=["password"])


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [
        ("ada", "ADA"),
        ("größe", "GRÖSSE"),
        ("Ольга", "ольга"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Ada", "Ａｄａ"),  # full-width letters
    ],
)
def test_a_name_is_taken_in_every_spelling(
    client: Client, person: Person, taken: str, wanted: str
) -> None:
    person(taken)
    page = sign_up(client, wanted).content.decode()
    assert "A user with that username already exists." in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_username_error"' in page
    assert 'id="id_username_error"' in page
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", ["ada@example.org", "ADA@Example.Org", "nobody@example.org"])
def test_no_address_is_a_name_whoever_has_it(client: Client, ada: User, name: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = sign_up(client, name).content.decode()
    assert "Choose a name that is not an email address." in page
    assert "already exists" not in page
    assert not [query["sql"] for query in queries if "ada@example.org" in query["sql"].lower()]
    assert User.objects.count() == 1


def test_a_name_with_an_at_sign_is_a_name(client: Client) -> None:
    sign_up(client, "ada@home")
    assert User.objects.get().username == "ada@home"


@pytest.mark.parametrize(
    "name", ["a b", "", "<script>", "a\u202eb", "a\u200bb", "\u3164", "x" * 65, "\ufdfa"]
)
def test_a_name_that_cannot_be_read_is_refused(client: Client, name: str) -> None:
    assert sign_up(client, name).status_code == 200
    assert not User.objects.exists()


def test_two_who_want_one_name_at_the_same_moment_do_not_see_a_failure(
    client: Client, monkeypatch: pytest.MonkeyPatch, ada: User
) -> None:
    # As if the other's row came between the check and the write.
    monkeypatch.setattr(AccountAdapter, "clean_username", lambda self, name, shallow=False: name)
    page = sign_up(client, "ada")
    assert page.status_code == 302
    assert "already exists" in client.get(page.headers["Location"]).content.decode()


def test_an_address_belongs_to_one_account(client: Client, ada: User) -> None:
    assert "already registered" in sign_up(client, "eve", email="ADA@example.org").content.decode()


def test_with_confirmation_demanded_nobody_learns_whose_address_has_an_account(
    client: Client, settings: Settings, ada: User
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    answers = [sign_up(Client(), "eve", email="ADA@example.org"), sign_up(client, "eve")]
    assert {(each.status_code, each.headers["Location"]) for each in answers} == {
        (HTTPStatus.FOUND, "/accounts/confirm-email/")
    }
    # Whose address it is hears of it, and nobody else was made.
    assert [each.to for each in mail.outbox] == [["ada@example.org"], ["new@example.org"]]
    assert User.objects.filter(username="eve").count() == 1


def test_mail_asks_to_confirm_the_address_without_holding_anybody_up(client: Client) -> None:
    sign_up(client, "ada")
    assert is_signed_in(client)
    assert "/accounts/confirm-email/" in mail.outbox[0].body


def test_with_confirmation_demanded_nobody_enters_before(
    client: Client, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    answer = sign_up(client, "ada")
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    link = next(word for word in mail.outbox[0].body.split() if "/confirm-email/" in word)
    client.post(link)
    login = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert login.headers["Location"] == "/chat/"


def test_a_closed_house_says_so_and_takes_nobody(client: Client, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    assert "closed" in client.get("/accounts/signup/").content.decode()
    sign_up(client, "ada")
    assert not User.objects.exists()
    assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()


def test_the_form_tells_password_managers_what_is_what(client: Client) -> None:
    page = client.get("/accounts/signup/").content.decode()
    assert page.count('autocomplete="new-password"') == 2
    assert 'autocomplete="username"' in page
    assert 'autocomplete="email"' in page
    assert "placeholder" not in page
