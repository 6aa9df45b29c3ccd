"""What every request and every socket asks, in statements written out.

To make these statements anew takes Django longer than the database takes to answer them.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, models
from django.utils import timezone

from accounts.models import User

# All but moments, which the databases keep differently; they are fetched where somebody asks.
# In the order of the model, as `from_db` wants them.
FIELDS = [
    field.attname
    for field in User._meta.concrete_fields
    if not isinstance(field, models.DateTimeField)
]
FLAGS = {"is_active", "is_staff", "is_superuser"}
USERS = f"""
SELECT {", ".join(FIELDS)} FROM accounts_user WHERE is_active AND id IN """  # noqa: S608 - the names above
SESSIONS = """
SELECT session_key, session_data FROM django_session WHERE expire_date > %s AND session_key IN """


def users(ids: Collection[int]) -> dict[int, User]:
    """Those of these accounts that are active; as many as a statement takes."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(USERS + marks(ids), list(ids))
        rows = cursor.fetchall()
    found: dict[int, User] = {}
    for row in rows:
        named = zip(FIELDS, row, strict=True)
        values = [bool(value) if name in FLAGS else value for name, value in named]
        user = User.from_db(connection.alias, FIELDS, values)
        found[user.pk] = user
    return found


def sessions(keys: Collection[str]) -> dict[str, str]:
    """What is stored under these keys and has not expired, still encoded."""
    # PostgreSQL takes no NUL, which a cookie may have in quotes.
    possible = [key for key in keys if "\0" not in key]
    if not possible:
        return {}
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS + marks(possible), [now, *possible])
        return dict(cursor.fetchall())


def marks(values: Collection[object]) -> str:
    return f"({', '.join(['%s'] * len(values))})"
