"""Every string for people is in every catalogue, translated, and what is made of it is current."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from chat.errors import ChatError
from chat.names import clean_name
from ChatApp import catalogs

LANGUAGES = catalogs.languages()
GAPS = re.compile(r"%\(\w+\)[sd]|%[sd%]|<[^<>]*>|https?://\S+|\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_bin_words_would_write_is_there(language: str) -> None:
    for path, content in catalogs.made_of(language).items():
        assert path.read_bytes() == content, f"{path.name} is out of date: run bin/words"


@pytest.mark.parametrize("domain", catalogs.DOMAINS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_the_same_gaps(language: str, domain: str) -> None:
    catalogue = catalogs.read(catalogs.catalogue_path(language, domain))
    assert len(catalogue.entries) > 150
    for entry in catalogue.entries.values():
        assert entry.is_translated, entry.text
        last = entry.forms[-1]
        assert sorted(GAPS.findall(last)) == sorted(GAPS.findall(entry.plural or entry.text)), last
        for form in entry.forms:
            assert set(GAPS.findall(form)) <= set(GAPS.findall(entry.text + entry.plural)), form
            assert form[-1].isspace() == entry.text[-1].isspace(), form


def test_a_catalogue_is_read_as_it_was_written(tmp_path: Path) -> None:
    text = 'Say "%(name)s"\\ twice\n'
    known = catalogs.Catalogue(
        "# For you.",
        "Language: xx\nPlural-Forms: nplurals=2; plural=(n != 1);\n",
        {
            text: catalogs.Entry(text, places=("a.py", "b.html"), forms=("«%(name)s»\n",)),
            "one": catalogs.Entry("one", "many", ("c.js",), ("ein", "viele")),
        },
    )
    path = tmp_path / "xx.po"
    path.write_text(catalogs.as_po(known), encoding="utf-8")
    assert catalogs.merged(catalogs.read(path), known.entries) == known


def test_a_refusal_is_said_in_the_language_of_whoever_hears_it() -> None:
    with pytest.raises(ChatError) as refused:
        clean_name("x" * 101)
    sentence = ChatError("too_long", refused.value.sentence, most=12_345)
    assert sentence.detail == "A room's name has at most 12,345 characters."
    with translation.override("de"):
        assert sentence.detail == "Der Name eines Raums hat höchstens 12.345 Zeichen."
    assert str(refused.value) == "A room's name has at most 80 characters."


# --- What nobody wrapped

COMMENTS = re.compile(r"/\*[\s\S]*?\*/|(?<![:\"'`])//.*$", re.M)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
# Two words, or one that begins large: what people read looks like that.
FOR_PEOPLE = re.compile(r"[A-Za-z]{2,}[,:.]? \(?[A-Za-z]{2,}|^[A-Z][a-z]+[.…]?$")
# Names of keys, errors that nobody reads, queries, markup.
TECHNICAL = re.compile(
    r"^(Escape|Enter|Home|End|Tab|Backspace|Shift|Alt|Mod|Files|Accept|Key)$"
    r"|^(no |unreadable|not all)|[\[=]|<svg|\(pointer|:not|^[.a-z_]+(,? [a-z]+)+$"
)


def test_no_script_says_a_word_past_gettext() -> None:
    said = [
        f"{path.relative_to(catalogs.SCRIPTS)}: {text}"
        for path in sorted(catalogs.SCRIPTS.rglob("*.js"))
        if path.parent.name != "languages"
        for text in unwrapped(COMMENTS.sub("", path.read_text(encoding="utf-8")))
    ]
    assert not said, "\n".join(said)


def unwrapped(source: str) -> Iterator[str]:
    bare = re.sub(r"^import[^;]*;", "", source, flags=re.M)
    for call in reversed(list(catalogs.SCRIPT_CALL.finditer(bare))):
        end = call.end()
        for _text in range(2 if call[1] else 1):
            if found := catalogs.SCRIPT_TEXT.match(bare, end):
                end = found.end()
        bare = bare[: call.start()] + bare[end:]
    for plain, template in LITERAL.findall(bare):
        text = plain or re.sub(r"\$\{(?:[^{}]|\{[^{}]*\})*\}", "", template)
        if FOR_PEOPLE.search(text) and not TECHNICAL.search(text):
            yield text
