"""What counts as one reaction."""

import pytest

from chat.errors import ChatError
from chat.texts import clean_emoji


@pytest.mark.parametrize(
    "emoji",
    ["👍", "👍🏽", "❤️", "👩‍👩‍👧", "🏳️‍🌈", "🇩🇪", "1️⃣", "#️⃣", "‼️", "↔️", "🫨", "❤"],
)
def test_one_emoji_is_taken_however_it_is_composed(emoji: str) -> None:
    assert clean_emoji(emoji) == emoji


@pytest.mark.parametrize(
    "text", ["", "a", "👍👍", "🎂🎂🎂", "👍 ", "ok", "🇩🇪🇫🇷", "1", "<b>", "\u200d", "👍" * 40, "\0"]
)
def test_anything_else_is_not_a_reaction(text: str) -> None:
    with pytest.raises(ChatError):
        clean_emoji(text)
