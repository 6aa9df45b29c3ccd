"""What may reach the log."""

import logging


class WithoutTraceback(logging.Filter):
    """Keep the sentence of a record and drop its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = record.stack_info = None
        return True
