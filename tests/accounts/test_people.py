"""Names: one for each person in whatever spelling, and nothing unseen in them."""

import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import DISPLAY_NAME_CHARS, USERNAME_KEY_CHARS, User
from accounts.names import fold, is_invisible, plain, visible
from tests.accounts.conftest import Person


@given(st.text(max_size=64))
def test_folding_forgets_case(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert len(fold(name[:1])) <= 64


@given(st.text(alphabet=st.characters(categories=["L", "N"]), max_size=64))
def test_a_folded_name_fits_into_its_column(name: str) -> None:
    user = User(username=name)
    user.username = User._meta.get_field("username").to_python(name)
    if len(user.username) <= 64:
        assert len(fold(user.username)) <= USERNAME_KEY_CHARS


@given(st.text())
def test_a_shown_name_has_nothing_unseen(text: str) -> None:
    shown = visible(text)
    assert not any(map(is_invisible, shown))
    assert shown == shown.strip() == visible(shown)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ada \n Lovelace ", "Ada Lovelace"),
        ("A\u202eda\u2066", "Ada"),
        ("A\u200bd\u200da\ufeff", "Ada"),
        ("\x00Ada\x1b[2J", "Ada[2J"),
        ("\u3164\u2800", ""),
        ("\u0301", ""),
        ("日本 🦊", "日本 🦊"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_a_display_name_loses_what_cannot_be_seen(typed: str, shown: str) -> None:
    assert visible(typed) == shown


@pytest.mark.parametrize(
    ("name", "looked_for"),
    [
        ("Søren Østergård", "soren ostergard"),
        ("Łukasz", "lukasz"),
        ("Ævar Þór Đ.", "aevar thor d."),
        ("Irmak Işık", "irmak isik"),
        ("STRASSE straße", "strasse strasse"),
    ],
)
def test_a_name_is_found_by_who_has_no_key_for_its_letters(name: str, looked_for: str) -> None:
    assert plain(name) == looked_for


def test_a_person_without_display_name_goes_by_the_username(person: Person) -> None:
    user = person("ada")
    assert user.name == "ada"
    user.display_name = "Ada Lovelace"
    assert user.name == user.get_short_name() == user.get_full_name() == "Ada Lovelace"


def test_whatever_way_a_row_is_written_its_key_follows(person: Person) -> None:
    user = person("Größe")
    assert user.username_key == "grösse"
    user.username = "ÄRGER"
    user.save(update_fields=["username"])
    assert User.objects.get_by_natural_key("ärger") == user
    User.objects.bulk_create([User(username="Eins"), User(username="Zwei")])
    assert User.objects.get_by_natural_key("ZWEI").username == "Zwei"
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(username="EINS")])


async def test_the_async_lookup_folds_too(transactional_db: None) -> None:
    user = await User.objects.acreate_user("größe")
    assert await User.objects.aget_by_natural_key("GRÖSSE") == user


def test_the_database_holds_what_was_cleaned(person: Person) -> None:
    user = person("Ａda", display_name="A\u202eda")
    user.refresh_from_db()
    assert (user.username, user.display_name) == ("Ada", "Ada")


def test_validation_names_the_field_of_a_taken_name(person: Person) -> None:
    person("größe")
    with pytest.raises(ValidationError) as refused:
        User(username="GRÖSSE", password="x").full_clean()
    assert refused.value.message_dict == {"username": ["A user with that username already exists."]}


def test_a_person_may_change_the_case_of_their_own_name(person: Person) -> None:
    user = person("ada")
    user.username = "Ada"
    user.full_clean()
    user.save()


def test_a_display_name_has_a_length(person: Person) -> None:
    user = person("ada")
    user.display_name = "x" * (DISPLAY_NAME_CHARS + 1)
    with pytest.raises(ValidationError):
        user.full_clean()


def createsuperuser(**options: Any) -> None:
    options = {"email": "root@example.org", "interactive": False, "verbosity": 0} | options
    call_command("createsuperuser", stderr=io.StringIO(), **options)


@pytest.mark.parametrize("name", ["ADA", "Ａda"])
def test_createsuperuser_refuses_a_taken_name_with_a_sentence(person: Person, name: str) -> None:
    person("ada")
    with pytest.raises(CommandError, match="already taken"):
        createsuperuser(username=name)


def test_createsuperuser_refuses_a_taken_name_in_any_script(person: Person) -> None:
    person("größe")
    with pytest.raises(CommandError, match="already taken"):
        createsuperuser(username="GRÖSSE")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a b", "½", "a\u200bb", "\u3164", "x" * 65])
def test_createsuperuser_refuses_a_name_that_is_none(name: str) -> None:
    with pytest.raises(CommandError):
        createsuperuser(username=name)
    assert not User.objects.exists()
