"""Refusals, and the codes with which a socket is closed. The table is docs/protocol.md's."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    # As gettext_lazy makes it: said in the language of whoever reads it.
    Sentence = str | _StrPromise
else:
    Sentence = object

HTTP_STATUS = {
    "bad_frame": 400,
    "unknown_type": 400,
    "empty": 400,
    "not_signed_in": 401,
    "forbidden": 403,
    "muted": 403,
    "read_only": 403,
    "no_such_room": 404,
    "no_such_message": 404,
    "no_such_user": 404,
    "no_such_invitation": 404,
    "conflict": 409,
    "too_long": 413,
    "rate_limited": 429,
    "unavailable": 503,
}


class ChatError(Exception):
    """A command that is refused: a code of the protocol and one sentence for people.

    The sentence comes untranslated from gettext_lazy, or from ngettext_lazy by `count`: it is made
    in a writer's or a reader's thread, for somebody whose language is not known there. `values`
    fill its gaps. `retry_after` is in seconds, where waiting helps.
    """

    def __init__(
        self,
        code: str,
        sentence: Sentence,
        *,
        retry_after: float | None = None,
        **values: object,
    ) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence
        self.retry_after = retry_after
        self.values = values

    def __str__(self) -> str:
        return self.detail

    @property
    def detail(self) -> str:
        """In the language that is active now."""
        if not self.values:
            return str(self.sentence)
        return self.sentence % {name: written(value) for name, value in self.values.items()}

    @property
    def http_status(self) -> int:
        return HTTP_STATUS[self.code]


class Written(int):
    """A number that a sentence has as its language writes it, and by which it takes its plural."""

    def __str__(self) -> str:
        return number_format(int(self), force_grouping=True)


def written(value: object) -> object:
    return Written(value) if isinstance(value, int) else value


def bad_frame(sentence: Sentence, **values: object) -> ChatError:
    return ChatError("bad_frame", sentence, retry_after=None, **values)


def no_such_room() -> ChatError:
    return ChatError("no_such_room", _("There is no such room, or it is not open to you."))


def no_such_message() -> ChatError:
    return ChatError("no_such_message", _("There is no such message, or you may not see it."))


def no_such_portrait() -> ChatError:
    return ChatError("no_such_user", _("There is no such picture, or not any more."))


def no_such_invitation() -> ChatError:
    """Made up, revoked, too old or used up: whoever asks is told no more than that."""
    return ChatError("no_such_invitation", _("This invitation does not work, or not any more."))


WHY_CLOSED = {
    "archived": _("This room is archived."),
    "moderators": _("Only moderators post here."),
}


def read_only(closed: str) -> ChatError:
    """`closed` is what `access.why_closed` says."""
    return ChatError("read_only", WHY_CLOSED[closed])


def unavailable() -> ChatError:
    return ChatError(
        "unavailable", _("The chat cannot reach its storage just now."), retry_after=1.0
    )


class CloseCode(IntEnum):
    """Why the server ends a connection; docs/protocol.md tells what a client does then."""

    RESTARTING = 1012
    BROKEN_CLIENT = 4400
    NOT_SIGNED_IN = 4401
    REMOVED = 4403
    NO_SUCH_ROOM = 4404
    TOO_SLOW = 4408
    # What 1009 says elsewhere: daphne cannot send that one.
    FRAME_TOO_LARGE = 4409
    TOO_MANY_CONNECTIONS = 4429
    CANNOT_SERVE_NOW = 4503
