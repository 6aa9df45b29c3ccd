"""The first administrator: by the link of the first start, and by it once."""

import io
import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts import setup
from accounts.invitations import new_key, sealed
from accounts.models import SetupKey, User
from chat.models import Message, Room
from tests.accounts.conftest import PASSWORD, Person, is_signed_in

FORM = {
    "username": "root",
    "email": "root@example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture(autouse=True)
def nobody_was_seen(transactional_db: None) -> None:
    setup.somebody_is_here.clear()


def test_the_link_makes_the_administrator_signs_in_and_leads_to_the_first_room(
    client: Client, settings: Settings
) -> None:
    # Neither a closed sign-up nor a mail server that is not there yet may be in the way.
    settings.SIGNUP_OPEN = False
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    link = setup.how_to_begin()
    assert link == setup.how_to_begin()
    assert client.get(link).status_code == 200
    assert client.post(link, FORM).headers["Location"] == "/welcome/"
    assert is_signed_in(client)
    assert client.get("/welcome/").headers["Location"] == "/chat/lobby/"
    root = User.objects.get()
    assert root.is_superuser
    assert root.is_staff
    lobby = Room.objects.get()
    assert (lobby.name, lobby.created_by, lobby.kind) == ("Lobby", root, "public")
    assert lobby.posted == lobby.messages.count() == 2
    assert lobby.messages.filter(html__contains="<strong>Invite people</strong>").count() == 1
    assert setup.how_to_begin() == ""


def test_nobody_comes_in_by_it_a_second_time(client: Client) -> None:
    link = setup.how_to_begin()
    client.post(link, FORM)
    again = Client()
    assert again.get(link).status_code == 404
    assert again.post(link, FORM | {"username": "eve", "email": "e@x.org"}).status_code == 404
    assert User.objects.count() == 1
    # Not even when they are gone: what was printed once is not a key for ever.
    Message.objects.all().delete()
    User.objects.all().delete()
    assert again.get(link).status_code == 404
    assert setup.setup_path() != link


@pytest.mark.parametrize("form", [{}, FORM])
def test_a_link_that_was_made_up_is_answered_as_one_that_was_used(
    client: Client, form: dict[str, str]
) -> None:
    link = setup.how_to_begin()
    made_up = [f"{link[:-2]}/", "/setup/x/", f"/setup/{'é' * 44}/"]
    made_up += [f"/setup/{sealed('setup', new_key())}/"]
    made_up += [f"/setup/{sealed('invitation', SetupKey.objects.get().key)}/"]
    for path in made_up:
        answer = client.post(path, form) if form else client.get(path)
        assert answer.status_code == 404
        assert b"This link does not work" in answer.content
    assert not User.objects.exists()


def test_of_two_who_use_it_at_the_same_moment_one_becomes_the_administrator() -> None:
    link = setup.how_to_begin()
    together = threading.Barrier(2)
    answers: list[Any] = []

    def use(name: str) -> None:
        form = FORM | {"username": name, "email": f"{name}@example.org"}
        together.wait()
        answers.append(Client().post(link, form).status_code)
        connection.close()

    threads = [threading.Thread(target=use, args=(name,)) for name in ("ada", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 404]
    assert User.objects.count() == Room.objects.count() == 1


def test_a_site_that_has_rooms_gets_none_from_us(client: Client, person: Person) -> None:
    from chat.actions.rooms import open_room

    open_room(name="Ours", by=person("ada"))
    client.post(setup.setup_path(), FORM)
    assert Room.objects.get().name == "Ours"


def test_where_people_are_the_link_is_printed_on_demand_alone(person: Person) -> None:
    person("ada")
    assert setup.how_to_begin() == "bin/manage setup_link"
    said = io.StringIO()
    call_command("setup_link", "--address=https://chat.example.org/", stdout=said)
    link = said.getvalue().strip()
    assert link.startswith("https://chat.example.org/setup/")
    assert Client().get(link.removeprefix("https://chat.example.org")).status_code == 200
    User.objects.update(is_superuser=True)
    with pytest.raises(CommandError):
        call_command("setup_link")


def test_the_address_of_somebody_who_is_here_is_refused_with_a_sentence(
    client: Client, person: Person, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    person("ada", email="root@example.org")
    page = client.post(setup.setup_path(), FORM)
    assert page.status_code == 200
    assert 'id="id_email_error"' in page.content.decode()


def test_the_entrance_of_an_empty_site_says_where_the_link_is_but_not_what_it_is(
    client: Client,
) -> None:
    token = setup.how_to_begin().split("/")[2]
    page = client.get("/accounts/login/").content.decode()
    assert "bin/manage setup_link" in page
    assert token not in page
    client.post(setup.setup_path(), FORM)
    assert "setup_link" not in Client().get("/accounts/login/").content.decode()
