"""The catalogues of words: what is in the code, what of it is translated, what is read at run time.

`bin/words` runs this and needs no GNU gettext. The strings are found by reading the code: Python as
a tree, templates as Django compiles them, JavaScript by its calls of gettext and ngettext. Of each
language's .po files Django reads a .mo, and a page a module of JavaScript; both are committed.
"""

from __future__ import annotations

import ast
import json
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.template import engines
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "ChatApp" / "locale"
SCRIPTS = ROOT / "static" / "js"
PACKAGES = ("ChatApp", "accounts", "chat")
DOMAINS = ("django", "djangojs")

PYTHON_CALLS = {
    "_": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
}
SCRIPT_CALL = re.compile(r"(?<![\w.#])(n?)gettext\(")
SCRIPT_TEXT = re.compile(r'\s*("(?:[^"\\\n]|\\.)*")\s*,?')
TEMPLATE_CALL = re.compile(r"""\b_\((?:"([^"]*)"|'([^']*)')\)""")
PO_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+)?"(.*)"')


@dataclass(frozen=True)
class Entry:
    """A text of the code; `plural` is empty where it has no number in it. Of a catalogue with its
    `forms`, one or as many as the language has, all empty while nobody translated it."""

    text: str
    plural: str = ""
    places: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()

    @property
    def is_translated(self) -> bool:
        return bool(self.forms) and all(self.forms)


@dataclass
class Catalogue:
    """A .po file. `head` are its first comments and its header, kept as they are."""

    head: str
    header: str
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def forms(self) -> int:
        found = re.search(r"nplurals\s*=\s*(\d+)", self.header)
        return int(found[1]) if found else 2


# --- What is in the code


def texts_of(domain: str) -> dict[str, Entry]:
    """Every text for people, by itself, in the order of the files."""
    found: dict[str, Entry] = {}
    for entry in in_scripts() if domain == "djangojs" else in_server():
        known = found.get(entry.text, entry)
        places = tuple(dict.fromkeys((*known.places, *entry.places)))
        found[entry.text] = replace(known, plural=known.plural or entry.plural, places=places)
    return found


def in_server() -> Iterator[Entry]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from in_python(path)
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield from in_template(path)


def in_python(path: Path) -> Iterator[Entry]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        wanted = PYTHON_CALLS.get(name_of(call.func), 0)
        texts = [str(each.value) for each in call.args[:wanted] if isinstance(each, ast.Constant)]
        if len(texts) < wanted:
            raise not_a_literal(path, call.lineno)
        if wanted:
            yield entry_of(texts, path)


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def in_template(path: Path) -> Iterator[Entry]:
    source = path.read_text(encoding="utf-8")
    compiled: Any = engines["django"].from_string(source)
    for node in compiled.template.nodelist.get_nodes_by_type((TranslateNode, BlockTranslateNode)):
        if isinstance(node, TranslateNode):
            yield entry_of([str(node.filter_expression.var.literal)], path)
        else:
            forms = filter(None, (node.singular, node.plural))
            yield entry_of([node.render_token_list(each)[0] for each in forms], path)
    for found in TEMPLATE_CALL.finditer(source):
        yield entry_of([found[1] or found[2]], path)


def in_scripts() -> Iterator[Entry]:
    for path in sorted(SCRIPTS.rglob("*.js")):
        if path.name != "words.js" and path.parent.name != "languages":
            yield from in_script(path)


def in_script(path: Path) -> Iterator[Entry]:
    source = path.read_text(encoding="utf-8")
    for call in SCRIPT_CALL.finditer(source):
        texts, position = [], call.end()
        for _each in range(2 if call[1] else 1):
            text = SCRIPT_TEXT.match(source, position)
            if text is None:
                raise not_a_literal(path, source.count("\n", 0, call.start()) + 1)
            texts.append(json.loads(text[1]))
            position = text.end()
        yield entry_of(texts, path)


def not_a_literal(path: Path, line: int) -> ValueError:
    return ValueError(f"{place_of(path)}:{line}: only a literal can be translated.")


def entry_of(texts: list[str], path: Path) -> Entry:
    text, plural = [*texts, ""][:2]
    return Entry(text, plural, places=(place_of(path),))


def place_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- Catalogues


def languages() -> list[str]:
    """Those that somebody translates into."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue_path(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read(path: Path) -> Catalogue:
    comments = header = ""
    entries = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8").strip()):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if found := PO_LINE.fullmatch(line.strip()):
                name = found[1] or name
                fields[name] = fields.get(name, "") + unescaped(found[2])
        forms = tuple(text for name, text in fields.items() if name.startswith("msgstr"))
        marks = [line for line in block.splitlines() if line.startswith("#")]
        text = fields.get("msgid")
        if any("fuzzy" in mark for mark in marks if mark.startswith("#,")):
            forms = ("",) * len(forms)
        if text == "":
            comments, header = "\n".join(marks), forms[0]
        elif text:
            entries[text] = Entry(text, fields.get("msgid_plural", ""), forms=forms)
    return Catalogue(comments, header, entries)


def begun(language: str) -> Catalogue:
    """An empty one, with the plural forms that Django's own catalogue of the language has."""
    folder = language.replace("-", "_")
    theirs = Path(django.__file__).parent / "conf" / "locale" / folder / "LC_MESSAGES" / "django.po"
    known = read(theirs).header if theirs.exists() else ""
    plural = re.search(r"Plural-Forms: .*\n", known)
    header = f"Language: {language}\nContent-Type: text/plain; charset=UTF-8\n"
    header += "Content-Transfer-Encoding: 8bit\n"
    return Catalogue("", header + (plural[0] if plural else ""))


def merged(catalogue: Catalogue, texts: dict[str, Entry]) -> Catalogue:
    """What the code has, with what is translated of it; what it has no more is gone."""
    entries = {}
    for text, entry in texts.items():
        known = catalogue.entries.get(text)
        count = catalogue.forms if entry.plural else 1
        is_same = known is not None and known.plural == entry.plural and len(known.forms) == count
        forms = known.forms if known and is_same else ("",) * count
        entries[text] = replace(entry, forms=forms)
    return replace(catalogue, entries=entries)


def as_po(catalogue: Catalogue) -> str:
    head = [catalogue.head, line_of("msgid", ""), header_of(catalogue)]
    blocks = ["\n".join(filter(None, head))]
    for entry in catalogue.entries.values():
        lines = [f"#: {place}" for place in entry.places]
        lines.append(line_of("msgid", entry.text))
        if entry.plural:
            lines.append(line_of("msgid_plural", entry.plural))
        for number, form in enumerate(entry.forms):
            lines.append(line_of(f"msgstr[{number}]" if entry.plural else "msgstr", form))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def header_of(catalogue: Catalogue) -> str:
    lines = [f'"{escaped(line)}"' for line in catalogue.header.splitlines(keepends=True)]
    return "\n".join(['msgstr ""', *lines])


def line_of(name: str, text: str) -> str:
    return f'{name} "{escaped(text)}"'


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)


# --- What is read at run time


def as_mo(catalogue: Catalogue) -> bytes:
    """As GNU msgfmt makes it, without a hash table, which nobody reads."""
    pairs = [(b"", catalogue.header.encode())]
    for entry in catalogue.entries.values():
        if entry.is_translated:
            text = "\0".join([entry.text, entry.plural] if entry.plural else [entry.text])
            pairs.append((text.encode(), "\0".join(entry.forms).encode()))
    pairs.sort()
    head = struct.calcsize("<7I")
    start = head + 16 * len(pairs)
    tables: list[list[int]] = []
    body = b""
    for column in range(2):
        table = []
        for pair in pairs:
            table += [len(pair[column]), start + len(body)]
            body += pair[column] + b"\0"
        tables.append(table)
    numbers = [0x950412DE, 0, len(pairs), head, head + 8 * len(pairs), 0, start]
    return struct.pack(f"<{7 + 4 * len(pairs)}I", *numbers, *tables[0], *tables[1]) + body


def as_script(catalogue: Catalogue, language: str) -> str:
    """A module that teaches a page the words, before the ones that say them run."""
    words = {
        entry.text: list(entry.forms) if entry.plural else entry.forms[0]
        for entry in catalogue.entries.values()
        if entry.is_translated
    }
    text = json.dumps(words, ensure_ascii=False, indent=2)
    return (
        "// Made by bin/words from ChatApp/locale/; do not edit.\n"
        'import { speak } from "../model/words.js";\n\n'
        f"speak({text}, {json.dumps(language)});\n"
    )


def made_of(language: str) -> dict[Path, bytes]:
    """What bin/words writes for a language, by where."""
    made: dict[Path, bytes] = {}
    for domain in DOMAINS:
        path = catalogue_path(language, domain)
        known = read(path) if path.exists() else begun(language)
        catalogue = merged(known, texts_of(domain))
        made[path] = as_po(catalogue).encode()
        if domain == "django":
            made[path.with_suffix(".mo")] = as_mo(catalogue)
        else:
            made[SCRIPTS / "languages" / f"{language}.js"] = as_script(catalogue, language).encode()
    return made


def main(wanted: Iterable[str]) -> None:
    for language in wanted or languages():
        for path, content in made_of(language).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        catalogues = [read(catalogue_path(language, domain)) for domain in DOMAINS]
        entries = [entry for each in catalogues for entry in each.entries.values()]
        done = sum(entry.is_translated for entry in entries)
        print(f"{language}: {done} of {len(entries)} texts are translated.")


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1:])
