"""One way in, for the admin and for allauth: username in any case, or e-mail, and password."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts import rows
from accounts.models import User
from accounts.sign_ins import prepared


class AccountBackend(AuthenticationBackend):  # type: ignore[misc]
    def get_user(self, user_id: int) -> User | None:
        known = prepared.get()
        if known and known.user.pk == user_id:
            return known.user
        return rows.users([user_id]).get(user_id)

    def _authenticate_by_username(self, username: str, password: str) -> User | None:
        # allauth compares by the database's idea of case, which for SQLite ends with ASCII.
        user = User.objects.filter(username_key=username).first()
        authenticated: User | None = self._check_password(user, password)
        return authenticated
