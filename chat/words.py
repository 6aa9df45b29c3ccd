"""The words of a text, as searches compare them: without case, accents and other marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby, pairwise

ASCII_WORD = re.compile("[a-z0-9]+")
# Longer ones are told apart by their beginnings.
WORD_CHARS = 40
# Chinese characters and kana, between which nothing stands: each two of them are a word.
UNSPACED = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def words_of(text: str) -> set[str]:
    """What a text is found by."""
    return {word[:WORD_CHARS] for word in words_in(text)}


def words_in(text: str) -> Iterator[str]:
    if text.isascii():
        yield from ASCII_WORD.findall(text.lower())
        return
    for is_unspaced, run in groupby(plain(text), key=lambda char: bool(UNSPACED.match(char))):
        if is_unspaced:
            yield from pairs("".join(run))
        else:
            yield from "".join(run).split()


def plain(text: str) -> str:
    """Folded, and white space for whatever belongs to no word."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(map(in_word, apart)).casefold()


def in_word(char: str) -> str:
    if char.isalnum():
        return char
    if unicodedata.combining(char):
        return ""
    # Many scripts write vowels as marks.
    return char if unicodedata.category(char).startswith("M") else " "


def pairs(run: str) -> Iterator[str]:
    """Each two neighbours; and the last alone, so that it is found as a beginning too."""
    for first, second in pairwise(run):
        yield first + second
    yield run[-1]


def wanted_words(text: str) -> list[str]:
    """What a text that was typed into a search asks for, in its order; see `pattern`."""
    found: list[str] = []
    for word in words_in(text):
        # The last character of a run is part of the pair before it.
        is_rest = UNSPACED.fullmatch(word) and found and found[-1].endswith(word)
        if not is_rest and word[:WORD_CHARS] not in found:
            found.append(word[:WORD_CHARS])
    return found
