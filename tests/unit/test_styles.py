"""The style sheets have no rules for what is nowhere."""

import re
from collections.abc import Iterator

from tests.running import CHECKOUT

NOT_A_SELECTOR = re.compile(r'/\*.*?\*/|"[^"]*"', re.DOTALL)
CLASS = re.compile(r"\.([a-z][\w-]*)")
WORD = re.compile(r"[\w-]+")

# Of these the template has the first half, and the server's notice the other.
NOTICES = {"notice--error", "notice--success", "notice--warning"}

WEARERS = (
    "templates/**/*.html",
    "static/js/**/*.js",
    "static/img/*.svg",
    "accounts/**/*.py",
    "chat/**/*.py",
)


def texts(*patterns: str) -> Iterator[str]:
    return (path.read_text() for pattern in patterns for path in CHECKOUT.glob(pattern))


def test_every_class_that_has_a_rule_is_worn() -> None:
    rules = " ".join(NOT_A_SELECTOR.sub("", text) for text in texts("static/css/**/*.css"))
    worn = {word for text in texts(*WEARERS) for word in WORD.findall(text)}
    assert set(CLASS.findall(rules)) - worn - NOTICES == set()
