"""What counts as a word when messages are searched."""

import pytest

from chat.words import wanted_words, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, world!", {"hello", "world"}),
        ("snake_case don't 3.11", {"snake", "case", "don", "t", "3", "11"}),
        ("Ärger im Café, STRASSE und Straße", {"arger", "im", "cafe", "strasse", "und"}),
        ("ﬁnal ﬀ", {"final", "ff"}),
        ("ÇA va İyi", {"ca", "va", "iyi"}),
        ("हिन्दी", {"हिनदी"}),
        ("東京都です", {"東京", "京都", "都て", "てす", "す"}),
        ("v2東京x", {"v2", "東京", "京", "x"}),
        ("\"' OR 1=1 * NEAR(", {"or", "1", "near"}),
        ("👋 🎉 \0 …", set()),
        ("", set()),
        ("x" * 100, {"x" * 40}),
    ],
)
def test_words_are_told_apart_without_case_and_marks(text: str, words: set[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("two  Words two", ["two", "words"]),
        ("東京都", ["東京", "京都"]),
        ("京", ["京"]),
        ("京 東京", ["京", "東京"]),
        ("…", []),
    ],
)
def test_what_is_typed_asks_for_each_word_once(text: str, words: list[str]) -> None:
    assert wanted_words(text) == words


def test_every_part_of_what_was_written_without_spaces_is_found() -> None:
    text = "東京都です"
    known = words_of(text)
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            for word in wanted_words(text[start:end]):
                assert any(each.startswith(word) for each in known), (start, end)
