"""What people type, checked. Pure."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError, bad_frame
from chat.limits import EMOJI_CHARS, MESSAGE_CHARS, TYPED_CHARS
from chat.unicode import category

# Besides symbols: what joins, colours and styles them, and the keycaps' bases.
EMOJI_CATEGORIES = ("So", "Sk", "Mn", "Me", "Cf")
KEYCAP_BASES = "0123456789#*"
FLAG_LETTERS = {chr(code) for code in range(0x1F1E6, 0x1F200)}
JOINER = "\u200d"
STYLE = "\ufe0f"
# Emoji that are mathematics to Unicode.
SQUARES = "\u25fd\u25fe"
# A letter to Unicode, a sign to people.
INFORMATION = "\u2139"


def clean_text(text: str) -> str:
    """A message's text, trimmed. Raises ChatError: empty, too_long."""
    text = text.strip()
    if len(text) > TYPED_CHARS:
        raise too_long(text)
    if not text[:1].isalnum() and not any(is_visible(character) for character in text):
        raise ChatError("empty", _("A message needs some text."))
    if len(text) > MESSAGE_CHARS:
        raise too_long(text)
    return text


def too_long(text: str) -> ChatError:
    return ChatError(
        "too_long",
        _("A message has at most %(most)s characters; this one has %(length)s."),
        most=MESSAGE_CHARS,
        length=len(text),
    )


def clean_emoji(emoji: str) -> str:
    """One emoji, however it is composed. Raises ChatError(bad_frame)."""
    is_short = 0 < len(emoji) <= EMOJI_CHARS
    if is_short and all(is_one_sign(part) or is_styled_sign(part) for part in emoji.split(JOINER)):
        return emoji
    raise bad_frame(_("A reaction is one emoji."))


def is_one_sign(part: str) -> bool:
    """A symbol with its colours and styles, a flag of two letters, or a keycap."""
    if len(part) == 1 and part in SQUARES:
        return True
    if not all(each in KEYCAP_BASES or category(each) in EMOJI_CATEGORIES for each in part):
        return False
    flags = sum(each in FLAG_LETTERS for each in part)
    symbols = sum(category(each) == "So" for each in part) - flags
    keys = sum(each in KEYCAP_BASES for each in part)
    caps = sum(category(each) == "Me" for each in part)
    return (symbols, flags, keys, caps) in {(1, 0, 0, 0), (0, 2, 0, 0), (0, 0, 1, 1)}


def is_styled_sign(part: str) -> bool:
    is_sign = part == INFORMATION + STYLE or not part[:1].isalnum()
    return len(part) == 2 and part[1] == STYLE and is_sign


def is_visible(character: str) -> bool:
    """Neither white space nor a control or format character, such as a zero-width space.

    What is not in this Python's book of Unicode is most likely a newer emoji.
    """
    kind = unicodedata.category(character)
    return kind[0] != "Z" and kind not in {"Cc", "Cf", "Cs"}
