"""A room's name, its identity and its place in an address. Pure."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError
from chat.limits import ROOM_NAME_CHARS, SLUG_CHARS, TOPIC_CHARS, TYPED_CHARS
from chat.unicode import category

# Joins and styles emoji, and shapes some scripts: the only invisible characters that a name keeps.
JOINERS = "\u200c\u200d"
# Letters and symbols by Unicode's book that nothing draws: fillers of Hangul, the empty Braille
# pattern.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
# Letters, digits, marks on them, and the symbols among which emoji are.
SLUG_CATEGORIES = ("L", "N", "M", "So", "Sk")
USABLE_CATEGORIES = ("L", "N", "So")


def clean_name(name: str) -> str:
    """The name as it is shown: one line, without invisible characters.

    Raises ChatError: empty where nothing usable is in it, too_long.
    """
    if len(name) > TYPED_CHARS:
        raise too_long_a_name()
    visible = "".join(
        " " if character.isspace() else character
        for character in name
        if character in JOINERS or character.isspace() or category(character)[0] != "C"
        if character not in BLANKS
    )
    cleaned = " ".join(visible.split())
    if not any(category(character).startswith(USABLE_CATEGORIES) for character in cleaned):
        raise ChatError("empty", _("A room's name needs at least one letter, digit or emoji."))
    if len(cleaned) > ROOM_NAME_CHARS:
        raise too_long_a_name()
    return cleaned


def too_long_a_name() -> ChatError:
    return ChatError(
        "too_long", _("A room's name has at most %(most)s characters."), most=ROOM_NAME_CHARS
    )


def clean_topic(topic: str) -> str:
    """What a room is about, on one line. Raises ChatError(too_long)."""
    if len(topic) > TYPED_CHARS:
        raise too_long_a_topic()
    cleaned = " ".join(
        "".join(
            " " if character.isspace() else character
            for character in topic
            if character.isspace() or character in JOINERS or category(character)[0] != "C"
        ).split()
    )
    if len(cleaned) > TOPIC_CHARS:
        raise too_long_a_topic()
    return cleaned


def too_long_a_topic() -> ChatError:
    return ChatError("too_long", _("A topic has at most %(most)s characters."), most=TOPIC_CHARS)


def identity(name: str) -> str:
    """What two names share that mean the same public room."""
    # Decomposed first: what folding makes of a mark depends on the order of the marks.
    folded = unicodedata.normalize("NFKD", name).casefold()
    # The normal form can bring white space with it, and folding can take it apart again.
    return unicodedata.normalize("NFKC", " ".join(folded.split()))


def slug_stem(name: str) -> str:
    """The slug that a name would like to have; others may have taken it."""
    kept = "".join(
        character if is_slug_character(character) else "-" for character in identity(name)
    )
    return re.sub("-+", "-", kept).strip("-")[:SLUG_CHARS].rstrip("-")


def numbered(stem: str, number: int) -> str:
    """`stem`, `stem-2`, `stem-3` … within the length of a slug."""
    if number == 1:
        return stem
    return with_suffix(stem, str(number))


def with_suffix(stem: str, suffix: str) -> str:
    return f"{stem[: SLUG_CHARS - len(suffix) - 1].rstrip('-')}-{suffix}"


def is_slug_character(character: str) -> bool:
    return character in JOINERS or category(character).startswith(SLUG_CATEGORIES)
