import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.accounts.conftest import PASSWORD, Person, browser_of, is_signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("ada", "ada"),
        ("ada", "ADA"),
        ("größe", "GRÖSSE"),
        ("GRÖẞE", "grösse"),
        ("Ольга", "ОЛЬГА"),
        ("ada", " Ａda "),
    ],
)
def test_a_name_opens_the_door_in_any_case(person: Person, stored: str, typed: str) -> None:
    person(stored)
    assert is_signed_in(browser_of(typed))


def test_an_address_opens_the_door_in_any_case(ada: User) -> None:
    assert is_signed_in(browser_of("Ada@Example.org"))


def test_a_wrong_password_opens_nothing_and_keeps_what_was_typed(client: Client, ada: User) -> None:
    answer = client.post("/accounts/login/", {"login": "ada", "password": "wrong"})
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert "are not correct" in page
    assert 'value="ada"' in page
    assert "wrong" not in page.replace("field--wrong", "")
    assert not is_signed_in(client)


def test_nobody_learns_which_names_exist(client: Client, ada: User) -> None:
    answers = [
        client.post("/accounts/login/", {"login": name, "password": "wrong"}).content.decode()
        for name in ("ada", "eve")
    ]
    assert answers[0].count("are not correct") == answers[1].count("are not correct") == 1


def test_every_spelling_of_a_name_counts_as_the_same_in_failed_tries(
    client: Client, ada: User
) -> None:
    for spelling in ("ada", "ADA", "Ada", "ａda", "aＤa"):
        client.post("/accounts/login/", {"login": spelling, "password": "wrong"})
    answer = client.post("/accounts/login/", {"login": "adＡ", "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()


def test_somebody_deactivated_is_told_and_stays_outside(client: Client, person: Person) -> None:
    person("ada", is_active=False)
    answer = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/inactive/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("target", ["/chat/tea/", "http://testserver/chat/tea/"])
def test_the_page_that_was_asked_for_comes_after_signing_in(
    client: Client, ada: User, target: str
) -> None:
    form = {"login": "ada", "password": PASSWORD, "next": target}
    assert client.post("/accounts/login/", form).headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "http:///evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://localhost/",  # allowed as a host, but not where this page came from
        "http://testserver:81/",
        "http://testserver@evil.example/",
        " //evil.example",
        "\t//evil.example",
    ],
)
def test_a_foreign_address_is_not_where_signing_in_leads(
    client: Client, ada: User, target: str
) -> None:
    form = {"login": "ada", "password": PASSWORD, "next": target}
    assert client.post("/accounts/login/", form).headers["Location"] == "/chat/"


def test_somebody_signed_in_who_asks_for_the_entrance_is_led_on(signed_in: Client) -> None:
    assert signed_in.get("/accounts/login/?next=/chat/tea/").headers["Location"] == "/chat/tea/"
    foreign = signed_in.get("/accounts/login/?next=https://evil.example/")
    assert foreign.headers["Location"] == "/chat/"


def test_signing_out_takes_a_post(signed_in: Client) -> None:
    assert signed_in.get("/accounts/logout/").status_code == 200
    assert is_signed_in(signed_in)
    assert signed_in.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert not is_signed_in(signed_in)


def test_a_form_of_another_site_signs_nobody_in_or_out(ada: User) -> None:
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This page was out of date" in answer.content.decode()


def test_an_administrator_enters_by_the_same_door(client: Client) -> None:
    call_command(
        "createsuperuser", "--noinput", username="Root", email="Root@Example.org", verbosity=0
    )
    root = User.objects.get()
    root.set_password(PASSWORD)
    root.save()
    to_login = client.get("/admin/")
    to_login = client.get(to_login.headers["Location"])
    assert to_login.headers["Location"].startswith("/accounts/login/?next=")
    form = {"login": "root@example.org", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_an_ordinary_member_is_kept_out_of_the_admin(signed_in: Client) -> None:
    answer = signed_in.get("/admin/", follow=True)
    assert answer.status_code == 403


def test_django_itself_finds_people_by_any_spelling(person: Person) -> None:
    user = person("größe")
    assert authenticate(username="GRÖSSE", password=PASSWORD) == user


def test_the_entrance_asks_the_database_nothing(
    client: Client, ada: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    # Once it was seen that somebody has an account.
    client.get("/accounts/login/")
    for page in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
        with django_assert_num_queries(0):
            assert client.get(page).status_code == 200


@pytest.mark.parametrize("login", ["\x00", "a" * 100_000, "ﷺ" * 200, "\ud83d"])
def test_nonsense_is_answered_politely(client: Client, login: str) -> None:
    form = {"login": login.encode("utf-8", "replace").decode(), "password": "x"}
    assert client.post("/accounts/login/", form).status_code == 200


def test_too_many_tries_get_a_page_in_our_clothes(client: Client) -> None:
    for _ in range(30):
        client.post("/accounts/login/", {"login": "", "password": ""})
    answer = client.post("/accounts/login/", {"login": "", "password": ""})
    assert answer.status_code == 429
    assert 'class="entrance"' in answer.content.decode()


def test_a_cookie_with_nul_in_it_is_nobodys(client: Client) -> None:
    cookie = r'sessionid="abcdefgh\000ijklmnop"'
    assert client.get("/chat/", headers={"cookie": cookie}).status_code == 302
