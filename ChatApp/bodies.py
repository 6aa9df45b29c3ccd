"""How much of a request is taken at all.

Django would write a body of any size to a temporary file before a view of ours sees it. Files are
large: only somebody who is signed in may bring them, and not many at once.
"""

from __future__ import annotations

import errno
import json
import re
from collections import Counter
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.languages import language_of
from ChatApp.asgi_types import Application, Message, Receive, Scope, Send
from ChatApp.sockets import read_together, session_key
from ChatApp.static import answer

if TYPE_CHECKING:
    from accounts.models import User
    from chat.errors import Sentence

PLAIN = [(b"content-type", b"text/plain"), (b"connection", b"close")]
JSON = [(b"content-type", b"application/json"), (b"retry-after", b"5"), (b"connection", b"close")]
UPLOADS = re.compile(r"/chat/[^/]+/uploads/|/accounts/picture/")
# What stands around a file in its form.
FORM_BYTES = 64 * 1024
# Large bodies that are taken at the same time: of all, and of one person, however often they are
# signed in.
LARGE_AT_ONCE = 32
LARGE_A_PERSON = 4
DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BoundedBodies:
    """Answer 413 to a request whose body is too large, told in advance or not."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        # Whose files are on their way.
        self.large: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            user = await uploader(scope)
        except (OperationalError, InterfaceError):
            return await refuse(scope, send, _("The chat cannot reach its storage just now."))
        if user is None:
            return await self.take(settings.REQUEST_BYTES, scope, receive, send)
        person = user.pk
        if self.large.total() >= LARGE_AT_ONCE or self.large[person] >= LARGE_A_PERSON:
            sentence = _("Too many files are on their way just now. Try again soon.")
            return await refuse(scope, send, sentence, user)
        self.large[person] += 1
        try:
            return await self.take(settings.UPLOAD_BYTES + FORM_BYTES, scope, receive, send)
        finally:
            self.large[person] -= 1
            self.large += Counter()

    async def take(self, most: int, scope: Scope, receive: Receive, send: Send) -> None:
        if told_length(scope) > most:
            return await answer(send, 413, PLAIN, b"The request is too large.\n")
        taken = 0
        is_answered = False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return {"type": "http.disconnect"} if taken > most else message

        async def noting(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self.inner(scope, bounded, noting)
        except OSError as error:
            if is_answered or error.errno not in DISK_IS_FULL:
                raise
            return await refuse(scope, send, _("The server has no room for files just now."))
        if taken > most and not is_answered:
            await answer(send, 413, PLAIN, b"The request is too large.\n")
        return None


def told_length(scope: Scope) -> int:
    """0 where it is not told in advance."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0


async def uploader(scope: Scope) -> User | None:
    """Who may bring a large body; None: as much as any other request."""
    if scope["method"] != "POST" or not UPLOADS.fullmatch(scope["path"]):
        return None
    if b"content-length" in dict(scope["headers"]) and told_length(scope) <= settings.REQUEST_BYTES:
        return None
    key = session_key(scope)
    # What they may do says the view.
    sign_in = await read_together(key) if key else None
    return sign_in.user if sign_in else None


async def refuse(scope: Scope, send: Send, sentence: Sentence, user: User | None = None) -> None:
    asked_for = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    with translation.override(language_of(user or AnonymousUser(), asked_for)):
        detail = str(sentence)
    body = {"type": "error", "code": "unavailable", "detail": detail, "retry_after": 5.0}
    await answer(send, 503, JSON, json.dumps(body).encode())
