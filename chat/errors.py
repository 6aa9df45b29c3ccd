"""Refusals, and the codes with which a socket is closed. The table is docs/protocol.md's."""

from enum import IntEnum

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

    `retry_after` is in seconds, where waiting helps.
    """

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after

    @property
    def http_status(self) -> int:
        return HTTP_STATUS[self.code]


def bad_frame(detail: str) -> ChatError:
    return ChatError("bad_frame", detail)


def no_such_room() -> ChatError:
    return ChatError("no_such_room", "There is no such room, or it is not open to you.")


def no_such_message() -> ChatError:
    return ChatError("no_such_message", "There is no such message, or you may not see it.")


def no_such_invitation() -> ChatError:
    """Made up, revoked, too old or used up: whoever asks is told no more than that."""
    return ChatError("no_such_invitation", "This invitation does not work, or not any more.")


WHY_CLOSED = {
    "archived": "This room is archived.",
    "moderators": "Only moderators post here.",
}


def read_only(closed: str) -> ChatError:
    """`closed` is what `access.why_closed` says."""
    return ChatError("read_only", WHY_CLOSED[closed])


def unavailable() -> ChatError:
    return ChatError("unavailable", "The chat cannot reach its storage just now.", retry_after=1.0)


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
