import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.accounts.conftest import PASSWORD, Person, browser_of, is_signed_in

HOSTILE = "<script>alert(1)</script>"
NEW = "a-longer-kettle"
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def desk(administrator: User) -> Client:
    return browser_of("root")


def test_people_are_found_by_name_display_name_and_address(desk: Client, person: Person) -> None:
    person("ada", display_name="Countess", email="ada@engine.example")
    person("bob")
    for wanted in ("ada", "Countess", "engine"):
        page = desk.get(PEOPLE, {"q": wanted}).content.decode()
        assert ">ada</a>" in page
        assert ">bob</a>" not in page


def test_the_list_costs_the_same_for_two_and_for_twenty(
    desk: Client, person: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        person(f"person{number}", email=f"p{number}@example.org")
    with django_assert_max_num_queries(8):
        assert desk.get(PEOPLE).status_code == 200
    with django_assert_max_num_queries(8):
        assert desk.get("/admin/account/emailaddress/").status_code == 200


def test_a_hostile_name_is_text_in_the_admin(desk: Client, person: Person) -> None:
    # The form would refuse the username; a row from elsewhere may have it.
    user = person(HOSTILE, display_name=HOSTILE, email='"<script>"@example.org')
    pages = [PEOPLE, f"{PEOPLE}{user.pk}/change/", f"{PEOPLE}{user.pk}/delete/"]
    pages += [f"{PEOPLE}{user.pk}/password/", f"{PEOPLE}{user.pk}/history/"]
    for page in pages:
        text = desk.get(page).content.decode()
        assert "&lt;script&gt;alert(1)" in text, page
        assert HOSTILE not in text, page
    assert (
        HOSTILE
        not in desk.post(
            f"{PEOPLE}{user.pk}/delete/", {"post": "yes"}, follow=True
        ).content.decode()
    )
    assert HOSTILE not in desk.get("/admin/").content.decode()


def new_person(username: str) -> dict[str, str]:
    return {
        "username": username,
        "email": "",
        "usable_password": "true",
        "password1": NEW,
        "password2": NEW,
    }


def test_an_administrator_adds_somebody(desk: Client) -> None:
    assert desk.post(f"{PEOPLE}add/", new_person("bob")).status_code == 302
    assert is_signed_in(browser_of("BOB", NEW))


@pytest.mark.parametrize("name", ["ada", "ADA", "GRÖSSE"])
def test_a_taken_name_is_refused_with_one_sentence(desk: Client, person: Person, name: str) -> None:
    person("ada")
    person("größe")
    page = desk.post(f"{PEOPLE}add/", new_person(name)).content.decode()
    assert page.count("A user with that username already exists.") == 1


def test_nobody_new_is_called_like_everybody_and_who_is_keeps_the_name(
    desk: Client, person: Person
) -> None:
    page = desk.post(f"{PEOPLE}add/", new_person("Everyone")).content.decode()
    assert page.count("stands for everybody") == 1
    older = person("all")
    form = {"username": "all", "display_name": "Al", "is_active": "on"}
    assert desk.post(f"{PEOPLE}{older.pk}/change/", form).status_code == 302
    assert User.objects.get(display_name="Al") == older


def test_renaming_to_a_taken_name_is_refused(desk: Client, person: Person) -> None:
    person("größe")
    bob = person("bob")
    page = desk.post(f"{PEOPLE}{bob.pk}/change/", {"username": "GRÖSSE"}).content.decode()
    assert "A user with that username already exists." in page


def test_an_administrator_gives_somebody_a_new_password(desk: Client, ada: User) -> None:
    browser = browser_of("ada")
    page = f"{PEOPLE}{ada.pk}/password/"
    assert desk.get(page).status_code == 200
    form = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert desk.post(page, form).status_code == 302
    assert not is_signed_in(browser)
    assert is_signed_in(browser_of("ada", NEW))


def test_the_admins_own_password_page_works(desk: Client) -> None:
    page = reverse("admin:password_change")
    assert "admin/css/base.css" in desk.get(page).content.decode()
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    answer = desk.post(page, form, follow=True)
    assert "Your password was changed." in answer.content.decode()
    assert is_signed_in(desk)


def test_signing_out_of_the_admin_works(desk: Client) -> None:
    assert desk.post(reverse("admin:logout")).headers["Location"] == "/accounts/login/"
    assert not is_signed_in(desk)
