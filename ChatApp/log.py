"""What may reach the log."""

import logging
import re

# What follows in these addresses lets in whoever has it.
KEYS = re.compile(
    r"((?:/|%2F)(?:join|setup|accounts/confirm-email|accounts/password/reset/key)(?:/|%2F))[^/%\s]+",
    re.IGNORECASE,
)
LINE_CHARS = 400
# uvicorn's words for a fault of ours; whatever else it says a stranger can provoke.
OUR_FAULT = "Exception in ASGI application"


def what_it_says(record: logging.LogRecord) -> str:
    """Also where its words and their arguments do not fit: that is no reason to fail a request."""
    try:
        return record.getMessage()
    except Exception:
        return f"{record.msg} {record.args}"


class WithoutKeys(logging.Filter):
    """Keep from the log what is a key in an address: that of an invitation, say, or of a mail."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = what_it_says(record)
        if KEYS.search(said):
            record.msg, record.args = KEYS.sub(r"\1…", said), ()
        return True


class WithoutTraceback(logging.Filter):
    """Keep one line of a record that a stranger can provoke at will, and drop its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(OUR_FAULT):
            record.msg, record.args = what_it_says(record)[:LINE_CHARS], ()
            record.exc_info = record.exc_text = record.stack_info = None
        return True
