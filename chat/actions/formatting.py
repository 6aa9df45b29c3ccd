"""A text's HTML, for as much of it as one person may have made."""

from __future__ import annotations

from chat import markup
from chat.node import node

# What is shorter costs a few milliseconds, whatever is in it.
SHORT_CHARS = 200


def html_of(text: str, *, by: int) -> str:
    """Empty where there is nothing to format, or where that user had very much formatted.

    Takes milliseconds where there is much: neither in the event loop nor on the writer's thread.
    """
    if not markup.needs_markup(text):
        return ""
    if len(text) > SHORT_CHARS and node.formats.take(by):
        return ""
    return markup.render(text)
