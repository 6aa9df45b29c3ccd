"""Markdown as people type it into chats. Pure; what comes out is cleaned by `markup`.

Bold, italics, strike-through, code, lists, quotes and links. Not the rest of CommonMark: what
surprises in a conversation (a line that becomes a heading because of the dashes below it, an
answer that is drawn into the quote above it, text that is hidden in a definition) is left out.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import blockquote
from markdown_it.rules_block.fence import make_fence_rule
from markdown_it.token import Token

from chat.highlighting import highlighted

if TYPE_CHECKING:
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.utils import EnvType, OptionsDict

# Looks at a place of the text: several times what 10,000 characters of sense need.
STEPS = 20_000
STEPS_A_LOOK = 32
# Of the processor; twice what 10,000 characters of sense need.
SECONDS = 0.03
# What is done without looking at the clock: pairs of * and _, and addresses that are no links yet.
DELIMITERS = 2_000
ADDRESSES = 200
NESTING = 12
# Of code that is coloured; the rest of it is as plain as it was typed.
CODE_CHARS = 5_000

# Not inside a word, so that an e-mail address names nobody. A username may have these signs in
# it, but a sentence's full stop after it is not meant.
NAME = re.compile(r"(?<![\w@.+-])@([\w@.+-]{0,63}\w)")
ADDRESS_CHARS = 300
# No longer one is a link: the linkifier looks through the rest of the text from each scheme on.
LINK_CHARS = 2_048

# Without a scheme only these are taken for addresses: main.py and README.md are files.
DOMAINS = ("com", "org", "net", "edu", "gov", "info", "io", "dev", "app")
DOMAIN = re.compile(rf"\.(?:{'|'.join(DOMAINS)})\b")
SCHEME = re.compile(r"(?<![\w+.-])(https?)\Z", re.IGNORECASE)
# As `normalizeLink` writes it. Without a name before the host, which would look like one.
SAFE_ADDRESS = re.compile(
    r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d*)?(?:[/?#]|\Z)|mailto:[^\s@]+@[^\s@]+\Z",
    re.IGNORECASE,
)
# Where the words of a link say that it leads: behind a scheme, or by a name alone. Neither looks at
# anything twice, nor gives anything back.
NAMED_HOST = re.compile(r"(?:https?:/*+|www\.)([^\s/?#]++)", re.IGNORECASE)
DOTTED = re.compile(r"([\w.-]++)([/:?#]|\Z)?")
ENDS_HOST = re.compile(rf"{'|'.join(DOMAINS)}|(?!cc|md|pl|ps|py|rs|sh|so)[a-z]{{2}}", re.IGNORECASE)
# What turns the direction of a text, or has no shape at all.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

FENCE = "```"
OPENS_LATE = re.compile(r"(.*[\s:])```(\w*)\s*")
LANGUAGE = re.compile(r"[\w+#.-]{0,24}")
QUOTE = re.compile(r">+(?:[ \t]|[^\W\d_]|\Z)")
TIMES = re.compile(r"(?<=\d)\*(?=\d)")
ESCAPED = "*_~`[]<>#@-"


class TooExpensive(Exception):
    """The text takes more work than a message may."""


def parsed(text: str) -> str:
    """HTML, not cleaned yet. Raises TooExpensive."""
    if sum(map(text.count, "*_~")) > DELIMITERS:
        raise TooExpensive
    return str(PARSER.render(unglued(text), budget()))


def budget() -> dict[str, float]:
    """What one text may take."""
    return {"steps": STEPS, "until": time.thread_time() + SECONDS, "code": CODE_CHARS}


# --- Blocks


def unglued(text: str) -> str:
    """With the ``` of a block of code on lines of their own, as the parser wants them."""
    if FENCE not in text or "\n" not in text:
        return text
    lines: list[str] = []
    is_code = False
    for line in text.split("\n"):
        parts = closing(line) if is_code else opening(line)
        is_code ^= parts is not None
        lines += parts or [line]
    return "\n".join(lines)


def opening(line: str) -> list[str] | None:
    """The lines with which a block of code begins; None where it does not."""
    before, fence, rest = line.partition(FENCE)
    if not fence or "`" in rest:
        return None
    if not before.strip(" >"):
        # More than a language: it is code already.
        return [line] if LANGUAGE.fullmatch(rest.strip()) else [before + fence, before + rest]
    late = OPENS_LATE.fullmatch(line)
    return [late[1].rstrip(), FENCE + late[2]] if late else None


def closing(line: str) -> list[str] | None:
    code, fence, rest = line.rstrip().rpartition(FENCE)
    if not fence or rest:
        return None
    return [line] if not code.strip(" >`") else [code, FENCE]


def follows(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Ends a quote at the first line without its sign, a list's item at one that is not indented.

    In CommonMark an answer right below a quote is a part of it.
    """
    return silent and (state.parentType == "blockquote" or state.sCount[line] < state.blkIndent)


def quote(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Not a face such as >:( nor more than something, as in >5."""
    start = state.bMarks[line] + state.tShift[line]
    is_one = QUOTE.match(state.src, start, state.eMarks[line])
    return is_one is not None and blockquote(state, line, end, silent)


# --- In the line


def escape_sign(state: StateInline, silent: bool) -> bool:
    r"""What a backslash takes the meaning from; not C:\temp, and ¯\_(ツ)_/¯ keeps both arms."""
    pos = state.pos
    following = state.src[pos + 1 : min(pos + 2, state.posMax)]
    if state.src[pos] != "\\" or not following or following not in ESCAPED:
        return False
    if not silent:
        token = state.push("text_special", "", 0)
        token.content = "\\_" if state.src[pos - 1 : pos] == "¯" else following
        token.markup = "\\" + following
        token.info = "escape"
    state.pos = pos + 2
    return True


def times(state: StateInline, silent: bool) -> bool:
    """2*3*4 is not half in italics."""
    if TIMES.match(state.src, state.pos) is None:
        return False
    if not silent:
        state.append_pending("*")
    state.pos += 1
    return True


def name(state: StateInline, silent: bool) -> bool:
    found = NAME.match(state.src, state.pos, state.posMax)
    if found is None or state.linkLevel or is_in_address(state):
        return False
    if not silent:
        state.push("mention", "", 0).content = found[1]
    state.pos = found.end()
    return True


def is_in_address(state: StateInline) -> bool:
    """As in medium.com/@somebody."""
    if state.src[state.pos - 1 : state.pos] != "/":
        return False
    word = state.src[max(0, state.pos - ADDRESS_CHARS) : state.pos].split()[-1]
    return "." in word


# --- Links


def address(state: StateInline, silent: bool) -> bool:
    """What begins with a scheme; before emphasis can take it apart. The rest is found by `Links`.

    The parser's own rule looks through everything before each colon.
    """
    pos = state.pos
    if not state.src.startswith("://", pos) or state.linkLevel:
        return False
    scheme = SCHEME.search(state.src, max(0, pos - 6), pos)
    start = pos - len(scheme[1]) if scheme else pos
    found = scheme and LINKS.match_at_start(state.src[start : pos + LINK_CHARS + 2])
    if not scheme or not found or not state.pending.endswith(scheme[1]):
        return False
    url = found.url.rstrip("*")
    target = state.md.normalizeLink(url)
    if not state.md.validateLink(target):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        push_link(state, target, url)
    state.pos += len(url) - len(scheme[1])
    return True


def push_link(state: StateInline, target: str, words: str) -> None:
    token = state.push("link_open", "a", 1)
    token.attrs = {"href": target}
    token.info = "auto"
    state.push("text", "", 0).content = words
    state.push("link_close", "a", -1)


class Links(LinkifyIt):  # type: ignore[misc]  # it has no types
    def test_schema_at(self, text: str, name: str, position: int) -> int:
        end = position + LINK_CHARS
        length: int = super().test_schema_at(text[:end], name, position)
        return 0 if length == LINK_CHARS and end < len(text) else length

    def normalize(self, match: Any) -> None:
        bare = not match.schema
        super().normalize(match)
        if bare:
            match.url = match.url.replace("http://", "https://", 1)


LINKS = Links({"ftp:": None, "//": None}).tlds(list(DOMAINS))


def few_addresses(state: StateCore) -> None:
    """Raises TooExpensive."""
    count = 0
    for block in state.tokens:
        for token in block.children or ():
            if token.type == "text":
                count += sum(map(token.content.count, ("@", "www.", "://")))
                count += len(DOMAIN.findall(token.content))
            count += token.type in {"link_open", "mention"}
    if count > ADDRESSES:
        raise TooExpensive


def honest_links(state: StateCore) -> None:
    """Every link tells where it leads."""
    for block in state.tokens:
        if block.type == "inline" and block.children:
            block.children = list(with_honest_links(block.children))


def with_honest_links(tokens: Sequence[Token]) -> Iterator[Token]:
    rest = iter(tokens)
    for token in rest:
        if token.type != "link_open":
            yield token
            continue
        inside = list(takewhile(lambda each: each.type != "link_close", rest))
        # [words]() leads nowhere.
        if SAFE_ADDRESS.match(str(token.attrs["href"])) is None:
            yield from inside
            continue
        yield token
        yield from honest(token, inside)
        yield Token("link_close", "a", -1)


def honest(link: Token, inside: list[Token]) -> list[Token]:
    """What stands in a link: the address itself where the words would name another, or nothing."""
    address = str(link.attrs["href"])
    for each in inside:
        each.content = UNSEEN.sub("", each.content)
    words = "".join(each.content for each in inside).strip()
    is_typed = link.info == "auto"
    if not is_typed and (not words or names_another_host(words, address)):
        inside = [Token("text", "", 0, content=address)]
    # What is typed may be written in another alphabet than it seems.
    elif not (is_typed and words.isascii()) and words != address:
        link.attrs = {"href": address, "title": address}
        return inside
    link.attrs = {"href": address}
    return inside


def names_another_host(words: str, address: str) -> bool:
    said = {host_of(each) for each in hosts_in(words)}
    return bool(said) and said != {host_of(urlsplit(address).hostname or address)}


def hosts_in(words: str) -> Iterator[str]:
    """In one go, however long the words are: whatever stands in a link is looked through here."""
    place = 0
    named = NAMED_HOST.search(words)
    for dotted in DOTTED.finditer(words):
        if dotted.start() < place:
            continue
        bare = bare_host(dotted[1]) if dotted[2] is not None else ""
        if named and named.start() <= dotted.end(1) - len(bare):
            yield named[1]
            place = named.end()
        elif bare:
            yield bare
            place = dotted.end()
        if named and named.start() < place:
            named = NAMED_HOST.search(words, place)


def bare_host(dotted: str) -> str:
    """What is a host at the end of letters and dots; empty where nothing is."""
    host = dotted.rpartition("..")[2].lstrip(".")
    _, dot, top = host.rpartition(".")
    return host if dot and ENDS_HOST.fullmatch(top) else ""


def host_of(words: str) -> str:
    host = words.lower().rpartition("@")[2].partition(":")[0].removeprefix("www.").rstrip(".")
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


# --- The parser


def spend(state: StateInline | StateBlock, *_: Any) -> bool:
    """Counts what the parser does, and looks at the clock. Raises TooExpensive."""
    state.env["steps"] -= 1
    steps = state.env["steps"]
    is_late = steps % STEPS_A_LOOK == 0 and time.thread_time() > state.env["until"]
    if is_late or steps < 0 or state.level > NESTING:
        raise TooExpensive
    return False


class Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return SAFE_ADDRESS.match(url) is not None

    def normalizeLinkText(self, link: str) -> str:
        return link


class Renderer(RendererHTML):
    def heading_open(self, *_: Any) -> str:
        return "<p><strong>"

    def heading_close(self, *_: Any) -> str:
        return "</strong></p>"

    def softbreak(self, *_: Any) -> str:
        return "<br>"

    def hardbreak(self, *_: Any) -> str:
        return "<br>"

    def mention(self, tokens: Sequence[Token], index: int, *_: Any) -> str:
        return f'<span class="mention">@{escape(tokens[index].content)}</span>'

    def fence(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        code, language = tokens[index].content, tokens[index].info.strip()
        env["code"] -= len(code)
        left = env["until"] - time.thread_time()
        coloured = highlighted(code, language, left) if env["code"] >= 0 else None
        label = f' data-language="{escape(language)}"' if language else ""
        return f"<pre{label}><code>{coloured or escape(code, quote=False)}</code></pre>"


def make_parser() -> MarkdownIt:
    # Its own limit hides what is nested more deeply; `spend` comes before it.
    parser = Parser("zero", {"linkify": True, "maxNesting": 100}, renderer_cls=Renderer)
    parser.linkify = LINKS
    parser.core.ruler.enable("linkify")
    parser.enable(["newline", "backticks", "strikethrough", "emphasis", "link"])
    parser.enable(["autolink", "list", "heading"])
    parser.core.ruler.before("linkify", "few_addresses", few_addresses)
    parser.core.ruler.after("linkify", "honest_links", honest_links)
    block, inline = parser.block.ruler, parser.inline.ruler
    everywhere: RuleOptionsType = {"alt": ["paragraph", "blockquote", "list"]}
    inline.before("text", "spend", spend)
    inline.at("escape", escape_sign)
    inline.after("spend", "address", address)
    inline.before("backticks", "name", name)
    inline.before("emphasis", "times", times)
    block.at("fence", make_fence_rule(markers=("`",)), everywhere)
    block.at("blockquote", quote, everywhere)
    block.push("follows", follows, {"alt": ["paragraph", "blockquote"]})
    block.before("fence", "spend", spend)
    parser.enable(["escape", "fence", "blockquote"])
    # Its list of rules is put together at the first text, which two threads must not do at once.
    parser.render("x", budget())
    return parser


PARSER = make_parser()
