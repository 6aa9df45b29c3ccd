"""Who may import whom, read from the source: arrows only go down (docs/architecture.md)."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from chat import protocol
from chat.errors import HTTP_STATUS, CloseCode
from tests.running import CHECKOUT

# From the bottom to the top. A module may import what stands in a line further down in this
# list, and modules of one package (such as chat.models) each other.
LAYERS = [
    [
        "chat.errors",
        "chat.limits",
        "chat.checks",
        "chat.unicode",
        "chat.visit",
        "chat.highlighting",
        "chat.sending",
        "chat.traces",
        "chat.words",
    ],
    ["chat.markdown"],
    [
        "chat.protocol",
        "chat.names",
        "chat.texts",
        "chat.drawing",
        "chat.markup",
        "chat.demo",
        "chat.pictures",
        "chat.shelf",
    ],
    ["chat.models"],
    [
        "chat.access",
        "chat.events",
        "chat.mentions",
        "chat.bodies",
        "chat.forms",
        "chat.searchable",
    ],
    ["chat.history", "chat.realtime"],
    ["chat.node"],
    ["chat.actions"],
    [
        "chat.commands",
        "chat.activity",
        "chat.faces",
        "chat.indexing",
        "chat.revocation",
        "chat.beginning",
    ],
    ["chat.arrivals"],
    ["chat.subscriptions", "chat.answers"],
    ["chat.finding"],
    [
        "chat.consumers",
        "chat.views",
        "chat.members",
        "chat.people",
        "chat.uploads",
        "chat.directory",
        "chat.searching",
        "chat.room_settings",
        "chat.notifying",
        "chat.admin",
        "chat.management",
    ],
    ["chat.invitations", "chat.portraits"],
    ["chat.routing", "chat.urls", "chat.apps"],
]
PLACES = {name: height for height, names in enumerate(LAYERS) for name in names}

MODELS = {
    "Room",
    "Membership",
    "Message",
    "MessageRevision",
    "Reaction",
    "Mention",
    "RoomInvitation",
    "Attachment",
}
# Who asks the database for rows of the chat.
ASKING = (
    "models",
    "access",
    "mentions",
    "history",
    "commands",
    "activity",
    "actions",
    "answers",
    "arrivals",
    "views",
    "finding",
    "members",
    "invitations",
    "room_settings",
    "searchable",
    "searching",
    "indexing",
)
# Who writes them: the verbs, and the one-row changes of the rows themselves.
# What pictures save is a picture.
WRITING = ("models", "actions", "pictures")
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
}
# Who knows accounts by name; how they may be invited is known to whoever has to do with links.
KNOWING = (
    "views",
    "answers",
    "members",
    "invitations",
    "portraits",
    "faces",
    "revocation",
    "beginning",
    "consumers",
)
# What is said to people is marked to be translated everywhere.
WORDS = {"django.utils.translation", "django.utils.formats", "django.utils.functional"}
# Who waits without a thread.
ASYNC = (
    "realtime",
    "node",
    "consumers",
    "subscriptions",
    "revocation",
    "routing",
    "activity",
    "faces",
    "indexing",
    "sending",
)


# --- Reading the source


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of ours by its name, without migrations."""
    found = {}
    for package in ("ChatApp", "accounts", "chat"):
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                found[name_of(path)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def name_of(path: Path) -> str:
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def running_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Every part of the source that runs: not what is there for type checkers alone."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from running_nodes(child)


def imports(module: str) -> set[str]:
    """What a module imports, as dotted names; `from chat import access` is chat.access."""
    found: set[str] = set()
    for node in running_nodes(trees()[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively"
            found |= {target(f"{node.module}.{alias.name}") for alias in node.names}
    return found


def target(dotted: str) -> str:
    """The module behind an imported name, which may be a function in it."""
    return dotted if dotted in trees() else dotted.rpartition(".")[0]


def place_of(module: str) -> str | None:
    """The line in LAYERS that a module of chat belongs to."""
    parts = module.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in PLACES), None)


def modules(*packages: str) -> list[str]:
    return [name for name in trees() if name.split(".")[0] in packages]


def is_in(module: str, parts: tuple[str, ...]) -> bool:
    return any(module == f"chat.{part}" or module.startswith(f"chat.{part}.") for part in parts)


# --- Arrows


@pytest.mark.parametrize("module", [name for name in modules("chat") if name != "chat"])
def test_arrows_only_go_down(module: str) -> None:
    place = place_of(module)
    assert place, f"{module} has no place among the layers: give it one"
    for other in sorted(imports(module)):
        above = place_of(other)
        if other.split(".")[0] != "chat" or other == "chat" or above in {None, place}:
            continue
        assert PLACES[str(above)] < PLACES[place], f"{module} must not import {other}"


@pytest.mark.parametrize("module", modules("chat"))
def test_every_import_of_ours_is_known(module: str) -> None:
    for other in imports(module):
        if other.startswith("chat."):
            assert place_of(other), f"{module} imports {other}, which has no place"


@pytest.mark.parametrize("module", modules("accounts"))
def test_accounts_know_nothing_of_the_chat(module: str) -> None:
    for other in imports(module):
        assert other.split(".")[0] not in {"chat", "ChatApp"}, f"{module} must not import {other}"


@pytest.mark.parametrize("module", modules("chat"))
def test_the_chat_knows_nothing_of_the_building(module: str) -> None:
    for other in imports(module):
        assert other.split(".")[0] != "ChatApp", f"{module} must not import {other}"


@pytest.mark.parametrize(
    "module", [name for name in modules("chat") if name.startswith("chat.realtime")]
)
def test_what_moves_bytes_knows_nothing_of_their_meaning(module: str) -> None:
    for other in imports(module):
        top = other.split(".")[0]
        if top == "chat":
            assert other.startswith("chat.realtime"), f"{module} must not import {other}"
        assert top not in {"accounts", "ChatApp", "channels"}, f"{module} must not import {other}"
        if top == "django":
            assert (module, other) == ("chat.realtime.writer", "django.db"), (
                f"{module} must not import {other}"
            )


@pytest.mark.parametrize(
    "module",
    [
        "chat.errors",
        "chat.limits",
        "chat.names",
        "chat.texts",
        "chat.protocol",
        "chat.markup",
        "chat.markdown",
        "chat.highlighting",
    ],
)
def test_what_is_pure_does_not_know_the_framework(module: str) -> None:
    if module in trees():
        tops = {other.split(".")[0] for other in imports(module) if other not in WORDS}
        assert not tops & {"django", "channels", "accounts", "ChatApp"}, module


@pytest.mark.parametrize("module", modules("chat"))
def test_only_the_door_knows_accounts(module: str) -> None:
    for other in imports(module):
        if other.startswith("accounts"):
            assert is_in(module, KNOWING) or other == "accounts.invitations", (
                f"{module} must not import {other}: it may ask for get_user_model()"
            )


# --- Who does what


@pytest.mark.parametrize("module", modules("chat"))
def test_only_these_ask_the_database_for_the_chats_rows(module: str) -> None:
    for node in running_nodes(trees()[module]):
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "objects"
            and isinstance(node.value, ast.Name)
            and node.value.id in MODELS
        ):
            assert is_in(module, ASKING), f"{module}, line {node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("module", modules("chat"))
def test_only_actions_write_the_chats_rows(module: str) -> None:
    for node in running_nodes(trees()[module]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_write = node.func.attr in WRITES and "super()" not in ast.unparse(node.func)
            assert not is_write or is_in(module, WRITING), (
                f"{module}, line {node.lineno}: {ast.unparse(node.func)}()"
            )


@pytest.mark.parametrize("module", modules("chat"))
def test_only_actions_tell_others_what_was_written(module: str) -> None:
    for node in running_nodes(trees()[module]):
        if isinstance(node, ast.Attribute) and node.attr.startswith("publish"):
            is_bus = ast.unparse(node.value).endswith("bus")
            assert not is_bus or is_in(module, ("actions",)), f"{module}, line {node.lineno}"


@pytest.mark.parametrize("module", modules("chat"))
def test_what_uses_the_database_is_plain_and_synchronous(module: str) -> None:
    for node in running_nodes(trees()[module]):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            assert is_in(module, ASYNC), f"{module}, line {node.lineno} is async"


@pytest.mark.parametrize("module", modules("ChatApp", "accounts", "chat"))
def test_the_environment_is_read_in_one_place(module: str) -> None:
    may = {"ChatApp.env", "ChatApp.server", "ChatApp.asgi"}
    for node in running_nodes(trees()[module]):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
            assert module in may, f"{module}, line {node.lineno}"


# --- The words on the wire are those of the document


def words_of_the_document() -> set[str]:
    text = (CHECKOUT / "docs" / "protocol.md").read_text(encoding="utf-8")
    return set(re.findall(r"`([a-z_.]+|\d{4})`", text)) | set(re.findall(r"\b([14]\d{3})\b", text))


def events() -> list[str]:
    found: list[str] = []
    kinds: list[type] = [protocol.Event, protocol.Message]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        tag = msgspec.inspect.type_info(kind).tag  # type: ignore[union-attr]
        if (isinstance(tag, str) and "." in tag) or kind in {protocol.Ack, protocol.Pong}:
            found.append(str(tag))
    return sorted(found)


def test_there_are_events() -> None:
    assert {"message.posted", "message.deleted", "presence.changed", "ack"} <= set(events())


@pytest.mark.parametrize(
    "word", [*events(), *protocol.COMMANDS, *HTTP_STATUS, *(str(int(code)) for code in CloseCode)]
)
def test_the_document_knows_every_word_on_the_wire(word: str) -> None:
    assert word in words_of_the_document()
