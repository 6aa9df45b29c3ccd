"""Colours for code: spans with Pygments' short class names. Pure."""

from __future__ import annotations

import time
from functools import cache
from html import escape
from itertools import groupby
from typing import Any

# The languages that people paste, by what they call them. Pygments knows five hundred more, whose
# patterns nobody tried with hostile texts: those for INI files take a second for some.
LANGUAGES = {
    "bash": ("sh", "shell", "zsh"),
    "c": ("h",),
    "cpp": ("c++",),
    "csharp": ("cs", "c#"),
    "css": (),
    "diff": ("patch",),
    "go": ("golang",),
    "html": (),
    "java": (),
    "javascript": ("js", "jsx", "mjs"),
    "json": (),
    "kotlin": ("kt",),
    "php": (),
    "python": ("py", "python3"),
    "ruby": ("rb",),
    "rust": ("rs",),
    "sql": (),
    "swift": (),
    "toml": (),
    "typescript": ("ts", "tsx"),
    "xml": ("svg",),
    "yaml": ("yml",),
}
LEXERS = {alias: language for language, more in LANGUAGES.items() for alias in (language, *more)}

# What is told apart: by Pygments' token types, the more special ones first.
STYLES = {
    "Token.Comment": "c",
    "Token.Keyword": "k",
    "Token.Literal.String": "s",
    "Token.Literal.Number": "m",
    "Token.Name.Function": "nf",
    "Token.Name.Class": "nc",
    "Token.Name.Decorator": "nd",
    "Token.Name.Builtin": "nb",
    "Token.Name.Tag": "nt",
    "Token.Name.Attribute": "na",
    "Token.Operator.Word": "k",
    "Token.Generic.Inserted": "gi",
    "Token.Generic.Deleted": "gd",
    "Token.Generic.Heading": "gh",
    "Token.Generic.Subheading": "gh",
}
# Of a language whose patterns look through the rest of the code again and again, which no clock
# interrupts.
MOST_CHARS = {"ruby": 1_000}
CLASSES = frozenset(STYLES.values())
SPANS = 1_000


def highlighted(code: str, language: str, seconds: float) -> str | None:
    """HTML. None where the language is not known, where it would be too much, or take longer."""
    name = LEXERS.get(language.lower())
    if name is None or len(code) > MOST_CHARS.get(name, len(code)):
        return None
    tokens = lexer(name).get_tokens(code)
    until = time.thread_time() + seconds
    parts: list[str] = []
    for style, run in groupby(tokens, key=lambda token: style_of(token[0])):
        texts = []
        for _, text in run:
            texts.append(text)
            if time.thread_time() > until:
                return None
        text = escape("".join(texts), quote=False)
        parts.append(f'<span class="{style}">{text}</span>' if style else text)
        if len(parts) > SPANS:
            return None
    return "".join(parts)


@cache
def lexer(name: str) -> Any:
    # Not with the module: it takes a tenth of a second, and most processes meet no code at all.
    from pygments.lexers import get_lexer_by_name

    found = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    # Makes its patterns ready, which takes longer than to use them.
    list(found.get_tokens(" "))
    return found


@cache
def style_of(kind: Any) -> str:
    while kind.parent is not None:
        if str(kind) in STYLES:
            return STYLES[str(kind)]
        kind = kind.parent
    return ""
