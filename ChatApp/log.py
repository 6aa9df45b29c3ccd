"""What may reach the log."""

import logging

LINE_CHARS = 400
# uvicorn's words for a fault of ours; whatever else it says a stranger can provoke.
OUR_FAULT = "Exception in ASGI application"


class WithoutTraceback(logging.Filter):
    """Keep one line of a record that a stranger can provoke at will, and drop its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(OUR_FAULT):
            record.msg, record.args = record.getMessage()[:LINE_CHARS], ()
            record.exc_info = record.exc_text = record.stack_info = None
        return True
