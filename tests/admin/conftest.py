"""The desk of those who look after the site, and who may sit at it."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from tests.cast import Cast, make_user


def desk_of(username: str, **fields: bool) -> Client:
    user = make_user(username)
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(cast: Cast) -> Client:
    """Of somebody who may do everything."""
    return desk_of("root", is_staff=True, is_superuser=True)


@pytest.fixture
def moderators_desk(cast: Cast) -> Client:
    """Of a member of the group that a migration made; between tests its rows are gone."""
    import_module("chat.migrations.0002_moderators").make_group(apps, None)
    client = desk_of("moderator", is_staff=True)
    Group.objects.get(name="Moderators").user_set.add(client.session["_auth_user_id"])
    return client


@pytest.fixture
def empty_desk(cast: Cast) -> Client:
    """Of staff without any right."""
    return desk_of("clerk", is_staff=True)
