"""The README's table of the configuration and the settings say the same."""

import ast
import re

from tests.running import CHECKOUT

README = CHECKOUT / "README.md"


def names_that_are_read() -> set[str]:
    """The first argument of every env.text("NAME"), env.flag("NAME") … in the settings."""
    tree = ast.parse((CHECKOUT / "ChatApp" / "settings.py").read_text(encoding="utf-8"))
    names = set()
    for call in ast.walk(tree):
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "env"
            and call.func.attr != "WrongSetting"
        ):
            name = call.args[0]
            assert isinstance(name, ast.Constant), f"line {call.lineno}: the name is not a literal"
            names.add(str(name.value))
    return names


def names_that_are_documented() -> list[str]:
    """The first cell of every row | `NAME` | … of a table."""
    return re.findall(r"^\| `([A-Z][A-Z0-9_]*)` \|", README.read_text(encoding="utf-8"), re.M)


def test_every_setting_is_documented_once_and_nothing_else_is() -> None:
    documented = names_that_are_documented()
    assert len(documented) == len(set(documented))
    assert set(documented) == names_that_are_read()


def test_the_settings_are_found() -> None:
    assert {"DATA_DIR", "HOST", "DATABASE_URL", "POSTS_PER_SECOND"} <= names_that_are_read()
