"""What counts as one reaction."""

import json

import pytest

from chat.errors import ChatError
from chat.texts import clean_emoji
from tests.running import CHECKOUT


@pytest.mark.parametrize(
    "emoji",
    ["👍", "👍🏽", "❤️", "👩‍👩‍👧", "🏳️‍🌈", "🇩🇪", "1️⃣", "#️⃣", "‼️", "↔️", "🫨", "❤", "🙂‍↔️", "ℹ️"],
)
def test_one_emoji_is_taken_however_it_is_composed(emoji: str) -> None:
    assert clean_emoji(emoji) == emoji


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "👍👍",
        "🎂🎂🎂",
        "👍 ",
        "ok",
        "🇩🇪🇫🇷",
        "1",
        "<b>",
        "\u200d",
        "👍" * 40,
        "\0",
        "a\ufe0f",
    ],
)
def test_anything_else_is_not_a_reaction(text: str) -> None:
    with pytest.raises(ChatError):
        clean_emoji(text)


@pytest.mark.parametrize("name", ["emoji.json", "emoji.de.json"])
def test_every_emoji_of_the_picker_is_taken_in_every_tone(name: str) -> None:
    text = (CHECKOUT / "static" / "data" / name).read_text(encoding="utf-8")
    book = json.loads(text)["emoji"]
    assert len(book) > 1_800
    for emoji, name, _names, _words, _group, *tones in book:
        for each in [emoji, *toned(emoji, *tones)]:
            assert clean_emoji(each) == each, name


def toned(emoji: str, tones: int | list[str] = 0) -> list[str]:
    """As static/js/model/emoji.js does it."""
    if isinstance(tones, list):
        return tones
    rest = emoji[1:].removeprefix("\ufe0f")
    return [emoji[0] + chr(tone) + rest for tone in range(0x1F3FB, 0x1F400)] if tones else []
