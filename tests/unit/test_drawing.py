"""Pages that are drawn once and filled for each person."""

import html
import json

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from chat import drawing
from chat.drawing import Drawing, gap

HOSTILE = "\"'><script>alert(1)</script>&amp;{{ x }}"
LINK = {"kind": "public", "count": ""}
LINK_GAPS = ("slug", "address", "name")


def link(**values: object) -> str:
    named = {name: gap(name) for name in LINK_GAPS}
    drawn = Drawing("chat/_room_link.html", {"each": {**LINK, **named}, "is_current": False})
    return drawn.fill(**values)


def test_what_is_filled_in_is_what_the_template_would_have_drawn() -> None:
    values = {"slug": "lobby", "address": "/chat/lobby/", "name": "Tom & Jerry's <Lobby>"}
    context = {"each": {**LINK, **values}, "is_current": False}
    assert link(**values).split() == render_to_string("chat/_room_link.html", context).split()


def test_every_value_is_escaped_wherever_it_stands() -> None:
    filled = link(slug=HOSTILE, address=HOSTILE, name=HOSTILE)
    assert "<script" not in filled
    assert filled.count(html.escape(HOSTILE)) == 3


def test_what_is_safe_already_stays_as_it_is() -> None:
    assert "<b>x</b>" in link(slug="", address="", name=mark_safe("<b>x</b>"))


def test_what_somebody_calls_themselves_is_never_taken_for_a_gap() -> None:
    filled = link(slug="slug", address="address", name="gap_slug_gap")
    assert "gap_slug_gap" in filled
    assert drawing.SIGN not in filled


def test_a_gap_that_nothing_is_given_for_is_an_error() -> None:
    with pytest.raises(KeyError):
        link(slug="", address="")


@pytest.mark.parametrize("slug", ["lobby", "日本", "grösse-höhe", "👨‍👩‍👧", "a_b-c"])
@pytest.mark.parametrize("name", ["room", "messages", "members"])
def test_an_address_is_the_one_that_leads_there(name: str, slug: str) -> None:
    assert drawing.address(name, slug) == reverse(name, args=[slug])


def test_embedded_json_means_the_same_and_nothing_to_html() -> None:
    said = {"message": "</script><!--<script>&amp;\u2028", "n": 1}
    text = drawing.embedded(json.dumps(said, ensure_ascii=False).encode())
    assert not set("<>&") & set(text)
    assert json.loads(text) == said
