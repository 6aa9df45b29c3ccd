"""What people type becomes safe HTML, in a bounded time, whatever it is."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import highlighting
from chat.limits import MESSAGE_CHARS
from chat.markdown import CODE_CHARS, hosts_in
from chat.markup import HTML_CHARS, names_in, needs_markup, render, settled

ADDRESS = re.compile(r"https?://[^/?#@]|mailto:[^@]+@")
LINK = 'target="_blank" rel="noopener noreferrer nofollow"'
ALLOWED = {
    "p": set(),
    "br": set(),
    "strong": set(),
    "em": set(),
    "s": set(),
    "code": set(),
    "pre": {"data-language"},
    "ul": set(),
    "ol": {"start"},
    "li": set(),
    "blockquote": set(),
    "a": {"href", "title", "target", "rel"},
    "span": {"class"},
}


class Reader(HTMLParser):
    """Refuses what is not allowed; keeps the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert tag in ALLOWED, tag
        assert set(named) <= ALLOWED[tag], named
        if tag == "a":
            assert named["rel"] == "noopener noreferrer nofollow"
            assert named["target"] == "_blank"
            assert ADDRESS.match(named.get("href") or ""), named
        if tag == "span":
            assert named["class"] in {"mention", *highlighting.CLASSES}

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment  # type: ignore[assignment]


# --- What people expect


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and __bold__", "<p><strong>bold</strong> and <strong>bold</strong></p>"),
        ("*so* _so_", "<p><em>so</em> <em>so</em></p>"),
        ("~~no~~", "<p><s>no</s></p>"),
        ("`a < b`", "<p><code>a &lt; b</code></p>"),
        ("one\n**two**", "<p>one<br><strong>two</strong></p>"),
        ("> quoted\nanswer", "<blockquote><p>quoted</p></blockquote><p>answer</p>"),
        ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("- a\n- b\nafter", "<ul><li>a</li><li>b</li></ul><p>after</p>"),
        ("3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
        ("# Title\ntext", "<p><strong>Title</strong></p><p>text</p>"),
        ("**a**\n---", "<p><strong>a</strong><br>---</p>"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("so:\n```\n**x**\n```", "<p>so:</p><pre><code>**x**\n</code></pre>"),
        ("so: ```\nx\n```", "<p>so:</p><pre><code>x\n</code></pre>"),
        ("```select 1\nfrom x```", "<pre><code>select 1\nfrom x\n</code></pre>"),
        (
            "```py\nif 1: 'x'\n```",
            '<pre data-language="py"><code><span class="k">if</span> <span class="m">1</span>: '
            "<span class=\"s\">'x'</span>\n</code></pre>",
        ),
        ("```klingon\nx\n```", '<pre data-language="klingon"><code>x\n</code></pre>'),
        ("\\*not\\*", "<p>*not*</p>"),
    ],
)
def test_formatting_is_what_people_expect(text: str, html: str) -> None:
    assert render(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "Hello, how are you?",
        "a\n\n  b",
        "snake_case_name and 2*3*4 and 5 * 6",
        "¯\\_(ツ)_/¯",
        "C:\\temp\\file",
        ">:( and >_<",
        ">5 things",
        "main.py, README.md and e.g. this",
        "10:30 -> 11:00; #1, +1, -1, 1.",
        "-",
        ">",
        "**",
        "***",
        "<b>no tags</b> &amp; <script>alert(1)</script>",
        "[not](a link)",
        "",
    ],
)
def test_what_has_no_formatting_is_shown_as_it_was_typed(text: str) -> None:
    assert render(text) == ""


def test_pictures_tables_and_tags_are_text() -> None:
    assert "<img" not in render("![x](https://a.example/x.png)")
    assert render("**x** <b>y</b> &lt;").endswith("</strong> &lt;b&gt;y&lt;/b&gt; &amp;lt;</p>")


# --- Links


@pytest.mark.parametrize(
    ("text", "href", "words"),
    [
        ("see https://a.example/x_y_z.", "https://a.example/x_y_z", "https://a.example/x_y_z"),
        ("(https://a.example/(b))", "https://a.example/(b)", "https://a.example/(b)"),
        ("http://a.example/@bob", "http://a.example/@bob", "http://a.example/@bob"),
        ("www.a.com/@bob", "https://www.a.com/@bob", "www.a.com/@bob"),
        ("go to example.com now", "https://example.com", "example.com"),
        ("bob@a.com", "mailto:bob@a.com", "bob@a.com"),
        ("<https://a.example>", "https://a.example", "https://a.example"),
        ("[](https://a.example)", "https://a.example", "https://a.example"),
        ("[\u200b](https://a.example)", "https://a.example", "https://a.example"),
    ],
)
def test_addresses_are_links(text: str, href: str, words: str) -> None:
    assert f'<a href="{href}" {LINK}>{words}</a>' in render(text)


def test_words_with_a_link_say_where_it_leads() -> None:
    html = render("[the plan](https://a.b/plan 'https://b.example')")
    assert html == f'<p><a href="https://a.b/plan" title="https://a.b/plan" {LINK}>the plan</a></p>'
    assert ">README.md</a>" in render("[README.md](https://a.example/readme)")
    assert ">a.com</a>" in render("[a.com](https://www.a.com/x)")
    assert ">https://müller.de/ä</a>" in render("https://müller.de/ä")
    assert 'title="https://xn--mller-kva.de/' in render("https://müller.de/ä")


@pytest.mark.parametrize(
    "words",
    [
        "https://bank.example",
        "http://bank.example/login",
        "www.bank.example",
        "bank.com",
        "bank.de/login",
        "Go to https://bank.example now",
        "HTTPS://BANK.EXAMPLE",
        "https:/bank.example",
        "**https://bank.example**",
        "`bank.com`",
        "\u202ehttps://bank.example",
        "https://evil.example https://bank.example",
    ],
)
def test_words_that_name_another_address_give_way_to_the_real_one(words: str) -> None:
    html = render(f"[{words}](https://evil.example/x)")
    assert "bank" not in html.lower()
    assert ">https://evil.example/x</a>" in html


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ("a.b.com", ["a.b.com"]),
        ("a.com:80 b.de/x c.net", ["a.com", "b.de", "c.net"]),
        ("main.py setup.sh/ a.x1/ .com com a.b.", []),
        ("a.com is no end", []),
        ("a..com .a.com/ a..b.com", ["a.com", "b.com"]),
        ("http://a.b.c:1/d", ["a.b.c:1"]),
        ("https://u@a/www.b", ["u@a", "b"]),
        ("x.www.y z.www.a.com", ["y", "z.www.a.com"]),
        ("x.www.a..com", ["a..com"]),
        ("xhttp:y.com", ["y.com"]),
        ("a.de:http://x", ["a.de", "x"]),
        ("http:// a.com?", ["a.com"]),
    ],
)
def test_a_host_is_found_in_words(words: str, hosts: list[str]) -> None:
    assert list(hosts_in(words)) == hosts


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "&#106;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "%6Aavascript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:image/png;base64,AAAA",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "ftp://a.example/",
        "blob:https://a.example/x",
        "//evil.example",
        "/admin/",
        "\\\\evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://bank.example@evil.example",
        "https://\\evil.example",
        "x",
        "#x",
        "?x",
        "",
    ],
)
def test_no_other_address_becomes_a_link(target: str) -> None:
    for text in (
        f"[**x**]({target})",
        f"[**x**](<{target}>)",
        f"<{target}> **x**",
        f"{target} **x**",
        f"[x]: {target}\n\n**[x]**",
    ):
        Reader(render(text))
        for found in re.findall(r'href="([^"]*)"', render(text)):
            # A part of it may be one by itself.
            assert found.startswith(("https://evil.example", "https://a.example/", "mailto:")), text


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<span class="mention" data-username="alice">@alice</span>',
    '<span class="message__menu" style="position:fixed">x</span>',
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    '[x](https://a.example/"onmouseover="alert(1))',
    "[x](https://a.example/'><script>alert(1)</script>)",
    '[x](https://a.example "onclick=alert(1) x=")',
    "[<img src=x onerror=alert(1)>](https://a.example)",
    "![x](javascript:alert(1))",
    '<https://a.example/"onclick=alert(1)>',
    "https://a.example/<script>alert(1)</script>",
    'https://a.example/"><img/src=x onerror=alert(1)>',
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "```html\n<script>alert(1)</script><svg onload=alert(1)>\n```",
    "```js\nvar x = '</code></pre><script>alert(1)</script>'\n```",
    "`<script>alert(1)</script>`",
    "> <script>alert(1)</script>",
    "- <script>alert(1)</script>",
    "@bob<script>alert(1)</script>",
    '@bob"onclick="alert(1)',
    "\u202e<script>\u2066alert(1)",
    "<scr\0ipt>alert(1)</scr\0ipt>",
]


@pytest.mark.parametrize(
    "around", ["{}", "**x** {}", "**{}**", "> {}", "- {}", "[{}](https://a.b)"]
)
def test_an_attack_is_text(around: str) -> None:
    for attack in ATTACKS:
        html = render(around.format(attack))
        Reader(html)
        assert not re.search("<(script|img|svg|iframe|math|style)", html), attack


# --- Mentions


def test_who_is_named_is_found_outside_of_code_and_links() -> None:
    text = (
        "@bob, @Alice and @_eve_: `@code` [@words](https://a.example) a@mail.com @bob\n```\n@x\n```"
    )
    html = render(text)
    assert names_in(text, html) == ["bob", "Alice", "_eve_"]
    html = settled(text, html, {"Alice": "alice", "_eve_": "_eve_"})
    assert html.startswith(
        '<p>@bob, <span class="mention" data-username="alice">@Alice</span> and '
        '<span class="mention" data-username="_eve_">@_eve_</span>: <code>@code</code>'
    )


def test_a_name_of_nobody_is_text() -> None:
    html = render("@nobody here")
    assert settled("@nobody here", html, {}) == ""
    assert settled("@nobody **here**", render("@nobody **here**"), {}) == (
        "<p>@nobody <strong>here</strong></p>"
    )


def test_names_are_found_in_what_is_too_expensive_to_format() -> None:
    text = "@bob " + "*a " * 3000
    assert render(text) == ""
    assert names_in(text, "") == ["bob"]


def test_many_threads_format_at_once() -> None:
    texts = [
        f"**{number}** https://a.example/{number} `{number}` @b{number}" for number in range(400)
    ]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(render, texts)) == [render(text) for text in texts]


# --- Bounds

MOST_SECONDS = 0.2
"""Of the processor, on a busy machine; some ten milliseconds on another (SECONDS)."""

PIECES = [
    *[
        "[",
        "]",
        "[]",
        "[](",
        "[a](b",
        "[a](<b",
        "![",
        "`",
        "a`b``c```",
        "*",
        "**",
        "***",
        "_",
        "~~",
    ],
    *["*a_b~~", "<", "<a", "<http://", "<a@b", "@", "@a ", "*a **b ", "**a *b ", "`a` ", "`@a` "],
    *["http://", "http://a", "://", "a://", "(((http://a.b ", "a.io, ", "a.com", "mailto:a@b.c, "],
    *["#", "\\", "\\*", "&amp;", "%", "@bob ", "http://a.b ", "www.a.b ", "a@b.c ", "**@a** "],
    *["- ", "- a\n", "-\n", "1. ", "1. a\n", "> ", "> a\n", ">", "> - ", "* * ", "# a\n", "a\n\n"],
    *["```\n", "```a\n", "```\na\n```\n", "a  \n", "\t", "[a](http://b.c) ", "[[a](http://b.c)"],
    *["[^1]: a\n", "[a]: b\n", "|a|b|\n|-|-|\n", "🙂*", "\u202e", "\u0300", "~~*__`", "¯\\_"],
]
WORDS = [
    "a",
    "a.",
    "\u00e9.",
    "a-",
    "a.b ",
    "http:",
    "http://a ",
    "www.",
    "wwww.a ",
    "a..com:",
    "/",
]
BOMBS = [
    *(piece * (MESSAGE_CHARS // len(piece)) for piece in PIECES),
    *("> " * depth + "x" for depth in (10, 100, 4_000)),
    *("- " * depth + "x" for depth in (10, 100, 4_000)),
    *("[" * depth + "a" + "](http://b.c)" * min(depth, 600) for depth in (10, 100, 2_000)),
    *("**a " * depth + "b** " * depth for depth in (10, 100, 1_200)),
    "".join("  " * depth + "- a\n" for depth in range(90)),
    " ".join("`" * length for length in range(140)),
    "\n".join(">" * depth + " a" for depth in range(130)),
    # Words of a link, which are looked through for another host.
    *("[" + piece * (9_900 // len(piece)) + "](http://b.c)" for piece in WORDS),
    ("[" + "a." * 120 + "](http://b.c)\n") * 38,
    # Addresses that only the linkifier finds, behind each other without a gap.
    *(piece * (9_990 // len(piece)) for piece in ("-http://a/", "#--https://a", "-http://a.b/?")),
]
CODE = ["int %q- ", "<<A\nint %q- ", "\n", '"\\', "/*", "a.", "a b", "a<", "&"]


def is_bounded(text: str) -> bool:
    for _ in range(3):  # whatever else happens on this machine
        began = time.thread_time()
        html = render(text[:MESSAGE_CHARS])
        took = time.thread_time() - began
        assert len(html) <= HTML_CHARS
        if took < MOST_SECONDS:
            return True
    return False


def test_a_hostile_text_takes_a_bounded_time() -> None:
    for text in BOMBS:
        assert is_bounded(text), text[:40]
        Reader(render(text[:500]))


def test_hostile_code_takes_a_bounded_time() -> None:
    for language in highlighting.LANGUAGES:
        highlighting.lexer(language)
        for piece in CODE:
            code = piece * (CODE_CHARS // len(piece) - 1)
            assert is_bounded(f"```{language}\n{code}\n```"), (language, piece)


def test_what_is_slow_to_colour_is_coloured_where_it_is_short() -> None:
    code = "def x\n" * 180
    assert highlighting.highlighted(code[:900], "ruby", 9)
    assert highlighting.highlighted(code, "ruby", 9) is None
    assert highlighting.highlighted(code, "python", 9)


def test_an_address_has_a_length() -> None:
    assert render("https://a.example/" + "x" * 2_000).count("</a>") == 1
    assert not render("https://a.example/" + "x" * 3_000)
    assert not render("-https://a.example/" + "x" * 3_000)


def test_nothing_is_lost_where_it_is_nested_too_deeply() -> None:
    assert render("> " * 50 + "the point") == ""


def test_a_mistake_of_the_parser_leaves_the_text_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> str:
        raise ValueError

    monkeypatch.setattr("chat.markup.parsed", fail)
    assert render("**x**") == ""


MORE = ["\n", " ", "a", "\n\n", "```", "https://a.example/", "](", ")", "@alice", "é"]
SIGNS = st.sampled_from([*PIECES, *MORE])
TEXTS = st.lists(SIGNS | st.text(max_size=4), max_size=60).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_whatever_is_typed_nothing_but_the_allowed_comes_out(text: str) -> None:
    html = render(text)
    Reader(html)
    assert not html or needs_markup(text)
    Reader(re.sub(' data-username="[^"]*"', "", settled(text, html, {"alice": "alice"})))


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_no_word_is_lost(text: str) -> None:
    html = render(f"{text}\n\n**x**")
    letters = [each for each in text if each.isalpha() and each.isascii()]
    if html:
        kept = Reader(html).text + html
        assert all(letter in kept for letter in letters)
