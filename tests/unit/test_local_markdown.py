"""One's own message, before the server has formatted it, looks as it will: or as it was typed."""

import json
import random
import re
import subprocess
from typing import Any

from playwright._impl._driver import compute_driver_executable

from chat.markup import names_in, render, settled
from tests.running import CHECKOUT
from tests.unit.test_markup import ATTACKS, BOMBS, MESSAGE_CHARS, PIECES

PEOPLE = ("alice", "bob")
COLOURS = re.compile(r'<span class="[a-z]{1,2}">([^<]*)</span>')
# Of any text, however hostile it is, on a busy machine.
MOST_MS = 500


def as_the_page_has_it(texts: list[str]) -> list[dict[str, Any]]:
    """HTML, empty where it shows what was typed, and how long it took."""
    node, _ = compute_driver_executable()
    asked = json.dumps({"texts": texts, "usernames": PEOPLE})
    script = str(CHECKOUT / "tests/js/format.mjs")
    done = subprocess.run([node, script], input=asked, capture_output=True, text=True, check=True)
    made: list[dict[str, Any]] = json.loads(done.stdout)
    return made


def as_the_server_has_it(text: str) -> str:
    html = render(text)
    names = names_in(text, html)
    html = settled(text, html, {name: name.lower() for name in names if name.lower() in PEOPLE})
    return COLOURS.sub(r"\1", html)


EVERYDAY = [
    "Hello, how are you?",
    "**bold** and *italic* and _also_ and __strong__ and ~~gone~~",
    "This is **very** important!",
    "***both*** at once, **bold with *italic* inside**",
    'the *end*.\nand **more**, (*so*) "**quoted**"',
    "run `npm install` and then `npm test`",
    "``a ` b``",
    "`snake_case` and snake_case_name and 2*3*4 and 5 * 6",
    "don't _do_ that **now**",
    "fünf **Äpfel** für _Zoë_ 🎉 **👍🏽**",
    "@bob hi",
    "@bob, @Alice: look at **this**",
    "thanks @bob!",
    "see https://example.com/a/b?c=d&e=f#g for more",
    "https://example.com",
    "https://example.com/x_y_z.",
    "(https://a.example/(b))",
    "**https://example.com/x** and *https://example.com*",
    "http://localhost:8000/chat/ is up: https://github.com/a/b/pull/12#issuecomment-1, look!",
    "https://medium.com/@bob/x-1",
    "go to example.com now, or www.example.org/x (docs.example.dev).",
    "write to bob@example.com or (alice.b+c@mail.example.org)!",
    "[the plan](https://example.com/plan) is **ready**",
    "[**so** it is](https://example.com/a_b?c=1)",
    "- one\n- two\n- three",
    "* one\n* two",
    "todo:\n- **one**\n- `two`\n  - deeper\n  - still\n- three\nafter",
    "1. one\n2. two\n3. three",
    "3. c\n4. d",
    "1) a\n2) b\n\nand so on",
    "- a\n\n- b\n\n- c",
    "- a\n  goes on\n- b\n\n  another paragraph",
    "1. do this:\n   ```sh\n   make all\n   ```\n2. then that",
    "> quoted\nanswer",
    "> one\n> two\n\nanswer with **bold**",
    "> a\n> > b\n\nc",
    "> - a\n> - b\n\nyes",
    "# Title\ntext",
    "## Title with `code`\n\ntext\n\nmore",
    "one\n**two**\n\nthree  \nfour",
    "```\nplain\n```",
    "```python\ndef f(x):\n    return x * 2  # **no**\n\nprint(f(2))\n```",
    '```go\nfunc main() {\n\tprintln("x")\n}\n```',
    "look:\n```js\nconst a = '<b>';\n```\nand `b`",
    "so: ```\nx\n```",
    "```select 1\nfrom x```",
    "```js\nnot closed",
    "\\*not\\* **this**",
    "¯\\_(ツ)_/¯ **well**",
    "C:\\temp\\file and **x**",
    '<b>no tags</b> & **bold** &amp; "so"',
    "a < b and b > c: `a <= c`",
    "10:30 -> 11:00; #1, +1, -1, 1. **ok**",
    "[x] done **a**, [ ] open **b**",
    "🎉 **Release 1.2.0** 🎉\n\n- faster\n- better\n\nThanks @alice and @bob!",
]
PLAIN = [
    "a\n\n  b",
    ">:( and >_<",
    ">5 things",
    "main.py, README.md and e.g. this",
    "-",
    "**",
    "<b>no tags</b> &amp; <script>alert(1)</script>",
    "[not](a link)",
    "2*3*4",
    "🎉",
    "*️⃣",
]


def test_what_people_write_every_day_looks_at_once_as_the_server_will_have_it() -> None:
    for text, made in zip(EVERYDAY, as_the_page_has_it(EVERYDAY), strict=True):
        assert made["html"] == as_the_server_has_it(text), text


WORDS = """
a word Zoë don't x_y 2 3. main.py 🎉 👍🏽 東京 a.b — ( ) " ' - / ? # > < & &amp; @ .com ://
* ** *** _ __ ~~ ~ ` `` ``` ```py \\ \\* [ ] ]( ![x]( **bold** *so* `code` _it_ ~~no~~ **a_*b*_c**
https://a.example https://a.example/x_y http://b.com/a-b?c=d&e=(f) https:// <https://a.example>
example.com www.a.org/b bob@a.com @bob @alice [a](https://b.example/c) [**a**b](https://b.example)
"""
SPACES = [*[" "] * 40, "  ", "  \n", "\t", ", ", ". ", ": ", "! "]
STARTS = ["- ", "* ", "+ ", "1. ", "2. ", "3) ", "> ", ">", "> > ", "> - ", "# ", "## ", "```\n"]
LINES = [
    f"\n{before}{start}" for before in ("", "\n", "  ", "   ", "    ") for start in ["", *STARTS]
]
TYPED = [*WORDS.split() * 3, *SPACES, *LINES, *PIECES]


def generated(count: int) -> list[str]:
    chance = random.Random(6)
    texts = ("".join(chance.choices(TYPED, k=chance.randint(1, 14))) for _ in range(count))
    return [text.strip() for text in texts]


def test_whatever_is_typed_it_looks_so_or_as_it_was_typed() -> None:
    around = ("{}", "**x** {}", "**{}**", "> {}", "- {}", "[{}](https://a.b)")
    hostile = [shape.format(attack).strip() for attack in ATTACKS for shape in around]
    texts = [*PLAIN, *hostile, *generated(4_000)]
    right = 0
    for text, made in zip(texts, as_the_page_has_it(texts), strict=True):
        if made["html"]:
            assert made["html"] == as_the_server_has_it(text), text
            right += 1
    assert right > len(texts) / 5


def test_reading_takes_a_bounded_time() -> None:
    texts = [text[:MESSAGE_CHARS].strip() for text in BOMBS]
    texts += ["**x** " + text[:4_900].strip() for text in BOMBS]
    for text, made in zip(texts, as_the_page_has_it(texts), strict=True):
        assert made["ms"] < MOST_MS, text[:40]
