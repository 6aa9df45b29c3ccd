import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.signals import face_changed
from tests.accounts.conftest import Listen, Person, browser_of


def test_a_display_name_is_saved_and_said(signed_in: Client, ada: User) -> None:
    answer = signed_in.post("/accounts/", {"display_name": " Ada\u202e Lovelace "}, follow=True)
    ada.refresh_from_db()
    assert ada.display_name == "Ada Lovelace"
    page = answer.content.decode()
    assert "Saved." in page
    assert 'value="Ada Lovelace"' in page


def test_another_name_or_picture_is_told_of(signed_in: Client, ada: User, listen: Listen) -> None:
    told = listen(face_changed)
    for name in ("Ada Lovelace", "Ada Lovelace"):
        signed_in.post("/accounts/", {"display_name": name})
    assert told == [{"user": ada}]
    ada.change_picture("1c")
    ada.save()
    assert told == [{"user": ada}] * 2


def test_only_the_display_name_can_be_changed_there(signed_in: Client, ada: User) -> None:
    signed_in.post("/accounts/", {"display_name": "A", "username": "eve", "is_staff": "on"})
    ada.refresh_from_db()
    assert (ada.username, ada.is_staff) == ("ada", False)


def test_a_name_too_long_is_told(signed_in: Client, ada: User) -> None:
    page = signed_in.post("/accounts/", {"display_name": "x" * 81}).content.decode()
    assert 'aria-describedby="id_display_name_helptext id_display_name_error"' in page
    ada.refresh_from_db()
    assert ada.display_name == ""


def test_the_page_leads_to_address_password_chat_and_out(signed_in: Client) -> None:
    page = signed_in.get("/accounts/").content.decode()
    for address in ("/accounts/email/", "/accounts/password/change/", "/chat/"):
        assert f'href="{address}"' in page
    assert 'action="/accounts/logout/"' in page
    assert "You sign in as <b>ada</b>." in page


@pytest.mark.parametrize("address", ["/accounts/", "/accounts/password/change/"])
def test_the_page_has_the_header_of_the_others(signed_in: Client, address: str) -> None:
    page = signed_in.get(address).content.decode()
    assert page.count("css/components/lobby.css") == page.count("js/rooms.js") == 1


@pytest.mark.django_db
def test_a_stranger_is_asked_who_they_are(client: Client) -> None:
    assert client.get("/accounts/").headers["Location"] == "/accounts/login/?next=/accounts/"


def test_the_page_costs_three_queries(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):  # session, user, the user as stored
        signed_in.get("/accounts/")


def test_a_hostile_name_is_text(signed_in: Client, ada: User) -> None:
    hostile = '"><script>alert(1)</script>'
    page = signed_in.post("/accounts/", {"display_name": hostile}, follow=True).content.decode()
    assert "<script>alert(1)" not in page
    assert "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_all_other_sign_ins_can_be_ended(signed_in: Client, ada: User) -> None:
    phone = browser_of("ada")
    answer = signed_in.post("/accounts/logout/elsewhere/", follow=True)
    assert "You are signed out everywhere else." in answer.content.decode()
    assert phone.get("/accounts/").status_code == 302
    assert signed_in.get("/accounts/").status_code == 200
    assert browser_of("ada").get("/accounts/").status_code == 200


def test_nobody_is_signed_out_by_following_a_link(signed_in: Client, ada: User) -> None:
    answer = signed_in.get("/accounts/logout/elsewhere/")
    assert answer.headers["Location"] == "/accounts/"
    ada.refresh_from_db()
    assert ada.sign_in_epoch == 0


def test_a_new_password_still_ends_sign_ins_of_a_later_epoch(ada: User) -> None:
    ada.end_sign_ins()
    phone = browser_of("ada")
    ada.set_password("something else entirely")
    ada.save()
    assert phone.get("/accounts/").status_code == 302


# --- Light and dark


def test_a_theme_is_that_of_a_person_in_all_their_browsers_and_of_nobody_else(
    signed_in: Client, person: Person
) -> None:
    person("bob")
    phone, bob = browser_of("ada"), browser_of("bob")
    assert signed_in.post("/accounts/theme/", {"theme": "dark"}).status_code == 204
    for address in ("/accounts/", "/chat/", "/chat/nowhere/"):
        assert 'data-theme="dark"' in phone.get(address).content.decode(), address
        assert 'data-theme="system"' in bob.get(address).content.decode(), address
    # What is not said stays, and so does what is not known.
    phone.post("/accounts/", {"display_name": "Ada"})
    assert signed_in.post("/accounts/theme/", {"theme": "plaid"}).status_code == 400
    assert 'value="dark" selected' in signed_in.get("/accounts/").content.decode()
    page = phone.post("/accounts/", {"display_name": "Ada", "theme": "light"}, follow=True)
    assert 'data-theme="light"' in page.content.decode()


@pytest.mark.django_db
def test_who_is_not_signed_in_has_the_theme_of_the_browser(client: Client) -> None:
    assert "data-theme" not in client.get("/accounts/login/").content.decode()
    assert client.post("/accounts/theme/", {"theme": "dark"}).status_code == 401
    assert client.get("/accounts/theme/").status_code == 405


def test_no_other_site_chooses_a_theme(signed_in: Client, ada: User) -> None:
    signed_in.handler.enforce_csrf_checks = True
    assert signed_in.post("/accounts/theme/", {"theme": "dark"}).status_code == 403
    ada.refresh_from_db()
    assert ada.theme == "system"
