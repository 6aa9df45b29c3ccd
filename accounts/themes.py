"""How the pages look to somebody: light, dark, or as their system has it."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest

from accounts.models import User


def theme(request: HttpRequest) -> dict[str, str]:
    """For every template; empty where nobody is signed in, and the browser may know (early.js)."""
    try:
        user = getattr(request, "user", None)
        return {"theme": user.theme if isinstance(user, User) else ""}
    except (OperationalError, InterfaceError):
        # The page that says so cannot ask who it is for.
        return {"theme": ""}
