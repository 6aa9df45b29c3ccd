"""The first administrator: made by whoever can read what the server says when it starts.

The link is valid while nobody is an administrator, and used once.
"""

from __future__ import annotations

import threading

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from accounts.forms import AdministratorForm
from accounts.invitations import SetupKey, key_of, sealed
from accounts.models import User
from accounts.signals import administrator_made

PRINT_IT = "bin/manage setup_link"

# Somebody has an account: that does not change any more, and the entrance asks nothing.
somebody_is_here = threading.Event()


def nobody_is_here() -> bool:
    if not somebody_is_here.is_set() and User.objects.exists():
        somebody_is_here.set()
    return not somebody_is_here.is_set()


def nobody_administers() -> bool:
    return not User.objects.filter(is_superuser=True, is_active=True).exists()


def how_to_begin() -> str:
    """For the lines of a start: the link's path on a new site; empty where all is well.

    Where people are, but no administrator, how to have it printed: the start may be read by more
    people than the terminal of a first try.
    """
    if not nobody_administers():
        return ""
    return PRINT_IT if User.objects.exists() else setup_path()


def setup_path() -> str:
    """The same one at each start, and on each machine, until it is used."""
    return reverse("setup", args=[sealed("setup", SetupKey.objects.get_or_create(number=1)[0].key)])


def opens(token: str) -> bool:
    """Whether the link of this token makes an administrator."""
    key = key_of("setup", token)
    is_there = key is not None and SetupKey.objects.filter(key=key).exists()
    return is_there and nobody_administers()


def make_administrator(request: HttpRequest, token: str, form: AdministratorForm) -> User | None:
    """The new administrator; None where somebody was quicker. The form is valid."""
    with transaction.atomic():
        # The row is gone for whoever comes second, who waits here for the first.
        gone, _ = SetupKey.objects.filter(key=key_of("setup", token)).delete()
        if not gone or not nobody_administers():
            return None
        user = form.save_administrator(request)
    # Robust: whatever listeners make of it, the administrator is there.
    administrator_made.send_robust(sender=User, user=user)
    return user
