"""Django's database sessions, which also say when they end (the setting SESSION_ENGINE)."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends import db

from accounts import rows
from accounts.models import SessionRenewal
from accounts.sign_ins import prepared
from accounts.signals import session_cycled, session_ended


class SessionStore(db.SessionStore):
    # Django renews a key by creating a new row and deleting the old one: that deletion is not
    # the end of the session.
    _renewed_key: str | None = None

    def load(self) -> dict[str, Any]:
        known = prepared.get()
        if known and known.session_key == self.session_key:
            return dict(known.session)
        stored = rows.sessions([self.session_key or ""])
        if not stored:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(*stored.values())
        return found

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        super().delete(session_key)
        if self._has_ended(key):
            session_ended.send(sender=type(self), session_key=key)

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        await super().adelete(session_key)
        if self._has_ended(key):
            await session_ended.asend(sender=type(self), session_key=key)

    def cycle_key(self) -> None:
        self._renewed_key = self.session_key
        super().cycle_key()
        if self._renewed_key and self.session_key:
            SessionRenewal.remember(self._renewed_key, self.session_key)
            session_cycled.send(
                sender=type(self), old_key=self._renewed_key, new_key=self.session_key
            )

    async def acycle_key(self) -> None:
        self._renewed_key = self.session_key
        await super().acycle_key()
        if self._renewed_key and self.session_key:
            await sync_to_async(SessionRenewal.remember)(self._renewed_key, self.session_key)
            await session_cycled.asend(
                sender=type(self), old_key=self._renewed_key, new_key=self.session_key
            )

    def _has_ended(self, key: str | None) -> bool:
        return key is not None and key != self._renewed_key
