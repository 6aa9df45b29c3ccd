"""One way in, for the admin and for allauth: username in any case, or e-mail, and password."""

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection, models

from accounts.models import User
from accounts.sign_ins import prepared

# All but moments, which the databases keep differently; they are fetched where somebody asks.
# In the order of the model, as `from_db` wants them.
FIELDS = [
    field.attname
    for field in User._meta.concrete_fields
    if not isinstance(field, models.DateTimeField)
]
FLAGS = {"is_active", "is_staff", "is_superuser"}
# Written out: every request asks it, and making the statement takes longer than its answer.
BY_ID = f"SELECT {', '.join(FIELDS)} FROM accounts_user WHERE is_active AND id = %s"  # noqa: S608


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    def get_user(self, user_id: int) -> User | None:
        known = prepared.get()
        if known and known.user.pk == user_id:
            return known.user
        with connection.cursor() as cursor:
            cursor.execute(BY_ID, [user_id])
            row = cursor.fetchone()
        if row is None:
            return None
        named = zip(FIELDS, row, strict=True)
        values = [bool(value) if name in FLAGS else value for name, value in named]
        return User.from_db(connection.alias, FIELDS, values)

    def _authenticate_by_username(self, username: str, password: str) -> User | None:
        # allauth compares by the database's idea of case, which for SQLite ends with ASCII.
        user = User.objects.filter(username_key=username).first()
        authenticated: User | None = self._check_password(user, password)
        return authenticated
