"""Make people who are signed in, in rooms of their own: `people.py ROOMS MEMBERS`.

Of whichever Django project DJANGO_SETTINGS_MODULE names. Nobody has a password, for each would
cost a hash. Prints a line of JSON: the keys of their sessions, room after room.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import django
from django.conf import settings


def main(rooms: int, members: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", interactive=False, verbosity=0)
    with transaction.atomic():
        people = make_people(rooms * members)
        if "chat" in settings.INSTALLED_APPS:
            make_rooms(people, rooms)
        keys = sign_in(people)
    print(json.dumps(keys))


def make_people(count: int) -> Sequence[Any]:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password

    model = get_user_model()
    password = make_password(None)
    people = [
        model(username=f"person-{n}", email=f"person-{n}@example.org", password=password)
        for n in range(count)
    ]
    return model.objects.bulk_create(people)


def make_rooms(people: Sequence[Any], count: int) -> None:
    from chat.models import Membership, Room

    names = [f"bench-{n}" for n in range(count)]
    rooms = Room.objects.bulk_create(
        Room(name=name, identity=name, slug=name, created_by=people[0]) for name in names
    )
    Membership.objects.bulk_create(
        Membership(user=person, room=rooms[n * count // len(people)])
        for n, person in enumerate(people)
    )


def sign_in(people: Sequence[Any]) -> list[str]:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = [
        store().create_model_instance(
            {
                SESSION_KEY: str(person.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: person.get_session_auth_hash(),
            }
        )
        for person in people
    ]
    type(sessions[0]).objects.bulk_create(sessions)
    return [session.session_key for session in sessions]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
