"""Unicode, a little newer than this Python knows it."""

import unicodedata


def category(character: str) -> str:
    """As in Unicode's book, where emoji are symbols even if they are newer than this Python's."""
    known = unicodedata.category(character)
    return "So" if known == "Cn" and "\U0001f000" <= character <= "\U0001faff" else known
