"""What a room may be called, when two names mean one room, and how it reads in an address."""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chat import names, texts
from chat.errors import ChatError
from chat.limits import ROOM_NAME_CHARS, SLUG_CHARS
from chat.names import clean_name, clean_topic, identity, numbered, slug_stem
from chat.texts import clean_text

HEART = "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}"
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
RIGHT_TO_LEFT = "\N{RIGHT-TO-LEFT OVERRIDE}"

# What people type, and what they had better not.
ROOM_NAMES = st.one_of(
    st.text(max_size=100),
    st.text(
        st.sampled_from("aAßẞſİıΣςﬁé\u0301\u0308¨ͅͺ½① \t\u200b\u200d\ufe0f-_/?#%🎉字"), max_size=90
    ),
)
often = settings(max_examples=150, deadline=None)


@often
@given(ROOM_NAMES)
def test_a_clean_name_stays_as_it_is(text: str) -> None:
    name = usable(text)
    assert clean_name(name) == name


@often
@given(ROOM_NAMES)
def test_a_clean_name_is_one_line_that_can_be_seen(text: str) -> None:
    name = usable(text)
    assert 0 < len(name) <= ROOM_NAME_CHARS
    assert name == name.strip()
    assert not set(name) & set("\0\n\r\t\u2028\u2029\u200b\u202e\u2066\ufeff\ud800")


@often
@given(ROOM_NAMES, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_names_that_differ_in_case_or_normal_form_alone_mean_one_room(text: str, form: str) -> None:
    name = usable(text)
    other_case = unicodedata.normalize("NFD", name).casefold()
    for other in (unicodedata.normalize(form, name), other_case, f"  {name}\n"):  # type: ignore[arg-type]
        assert identity(usable(other)) == identity(name)


@often
@given(ROOM_NAMES)
def test_a_slug_fits_an_address_and_a_column(text: str) -> None:
    slug = slug_stem(usable(text))
    assert 0 < len(slug) <= SLUG_CHARS
    assert not set(slug) & set("/?#%&\\.\0")
    assert not any(character.isspace() for character in slug)
    assert not slug.startswith("-")
    assert not slug.endswith("-")


@often
@given(ROOM_NAMES)
def test_a_slug_is_made_from_the_identity_alone(text: str) -> None:
    name = usable(text)
    assert slug_stem(identity(name)) == slug_stem(name)


@often
@given(ROOM_NAMES, st.integers(2, 100_000))
def test_a_numbered_slug_is_another_one_and_still_fits(text: str, number: int) -> None:
    stem = slug_stem(usable(text))
    assert numbered(stem, 1) == stem
    assert numbered(stem, number) != stem
    assert numbered(stem, number).endswith(f"-{number}")
    assert len(numbered(stem, number)) <= SLUG_CHARS


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Lobby", "lobby"),
        ("  The\tbig \n room  ", "the-big-room"),
        ("Größe & Höhe", "grösse-höhe"),
        ("日本語", "日本語"),
        ("Ａ１", "a1"),
        ("हिन्दी", "हिन्दी"),
        (HEART, HEART),
        (FAMILY, FAMILY),
        ("👍🏽 yes", "👍🏽-yes"),
        ("C", "c"),
        ("C#", "c"),
        ("a/b?c#d%e", "a-b-c-d-e"),
        ("../../etc/passwd", "etc-passwd"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
    ],
)
def test_letters_of_any_script_and_emoji_stay_in_the_slug(name: str, slug: str) -> None:
    assert slug_stem(clean_name(name)) == slug


def test_c_and_c_sharp_are_two_rooms() -> None:
    assert identity("C") != identity("C#")
    assert slug_stem("C") == slug_stem("C#")
    assert numbered(slug_stem("C#"), 2) == "c-2"


def test_an_emoji_is_kept_with_what_joins_and_styles_it() -> None:
    for emoji in (HEART, FAMILY):
        assert clean_name(f" {emoji} ") == emoji


@pytest.mark.parametrize("emoji", ["\U0001fae8", "\U0001f6d8"], ids=ascii)
def test_an_emoji_that_is_newer_than_this_python_is_a_name(emoji: str) -> None:
    assert clean_name(emoji) == emoji
    assert slug_stem(emoji) == emoji


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\0",
        "---",
        "&!?",
        "\u200d",
        "\u200b\u2060\ufeff",
        "\N{HANGUL FILLER}",
        "\N{BRAILLE PATTERN BLANK}",
        "\N{COMBINING ACUTE ACCENT}",
        "\ufe0f",
        RIGHT_TO_LEFT,
        "\ud800",
    ],
    ids=ascii,
)
def test_a_name_with_nothing_usable_in_it_is_refused(name: str) -> None:
    with pytest.raises(ChatError, match="at least one letter") as refusal:
        clean_name(name)
    assert refusal.value.code == "empty"


@pytest.mark.parametrize(
    "name",
    [
        f"{RIGHT_TO_LEFT}Lobby",
        "\u2066Lobby\u2069",
        "Lob\u200bby",
        "Lo\u00adbby",
        "\ufeffLobby",
        "Lobby\N{HANGUL FILLER}",
        "Lobby\0",
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_does_not_make_another_name(name: str) -> None:
    assert clean_name(name) == "Lobby"


def test_a_name_has_at_most_80_characters() -> None:
    assert clean_name(f" {'x' * 80} ") == "x" * 80
    with pytest.raises(ChatError, match="80") as refusal:
        clean_name("x" * 81)
    assert refusal.value.code == "too_long"


def test_what_is_far_too_long_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (names, texts):
        monkeypatch.setattr(module, "category", pytest.fail)
    for clean in (clean_name, clean_topic, clean_text):
        with pytest.raises(ChatError) as refused:
            clean("\u200b" * 70_000)
        assert refused.value.code == "too_long"


def test_the_longest_identity_fits_its_column() -> None:
    from chat.models import Room

    # No character becomes longer: an Arabic blessing in one.
    name = clean_name("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * ROOM_NAME_CHARS)
    assert len(identity(name)) == Room._meta.get_field("identity").max_length
    assert len(slug_stem(name)) <= SLUG_CHARS


def usable(text: str) -> str:
    """The name that this text makes, if it makes one."""
    try:
        return clean_name(text)
    except ChatError:
        assume(False)
        raise
