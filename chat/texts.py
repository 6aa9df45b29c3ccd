"""What people type, checked. Pure."""

import unicodedata

from chat.errors import ChatError, bad_frame
from chat.limits import EMOJI_CHARS, MESSAGE_CHARS
from chat.unicode import category

# Besides symbols: what joins, colours and styles them, and the keycaps' bases.
EMOJI_CATEGORIES = ("So", "Sk", "Mn", "Me", "Cf")
KEYCAP_BASES = "0123456789#*"


def clean_text(text: str) -> str:
    """A message's text, trimmed. Raises ChatError: empty, too_long."""
    text = text.strip()
    if not any(is_visible(character) for character in text):
        raise ChatError("empty", "A message needs some text.")
    if len(text) > MESSAGE_CHARS:
        raise ChatError(
            "too_long",
            f"A message has at most {MESSAGE_CHARS:,} characters; this one has {len(text):,}.",
        )
    return text


def clean_emoji(emoji: str) -> str:
    """One emoji, however it is composed. Raises ChatError(bad_frame)."""
    if len(emoji) > EMOJI_CHARS:
        raise bad_frame("A reaction is one emoji.")
    has_symbol = any(category(part) in {"So", "Me"} for part in emoji)
    is_emoji = all(part in KEYCAP_BASES or category(part) in EMOJI_CATEGORIES for part in emoji)
    # ‼ ⁉ and the like are punctuation, arrows and ± mathematics: they count when styled.
    if not ((has_symbol and is_emoji) or is_styled_sign(emoji)):
        raise bad_frame("A reaction is one emoji.")
    return emoji


def is_styled_sign(emoji: str) -> bool:
    return len(emoji) == 2 and emoji[1] == "\ufe0f" and not emoji[0].isalnum()


def is_visible(character: str) -> bool:
    """Neither white space nor a control or format character, such as a zero-width space.

    What is not in this Python's book of Unicode is most likely a newer emoji.
    """
    kind = unicodedata.category(character)
    return kind[0] != "Z" and kind not in {"Cc", "Cf", "Cs"}
