"""However much was said, by however many people in however many rooms: it takes no more effort.

With CHAT_TEST_LONG=1 a million messages, ten thousand rooms and people, and somebody with 500.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from tests.scale.data import Size, empty, fill
from tests.scale.looking import effort, full_scans, statements_of
from tests.scale.works import WORKS, Stage

if os.environ.get("CHAT_TEST_LONG", "") not in ("", "0"):
    SIZES = [Size(100_000, 1_500, 1_000, 500), Size(1_000_000, 10_000, 10_000, 500)]
else:
    SIZES = [Size(3_000, 300, 200, 50), Size(30_000, 3_000, 2_000, 50)]

# Ten times as much of everything: a tree grows by a level, and some pages are fuller.
FLAT = 1.5

pytestmark = [pytest.mark.timeout(1200), pytest.mark.django_db(transaction=True)]


@dataclass
class Findings:
    efforts: dict[str, list[int]] = field(default_factory=dict)
    scans: dict[str, list[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def findings(django_db_setup: None, django_db_blocker: Any) -> Findings:
    findings = Findings()
    with django_db_blocker.unblock():
        try:
            for size in SIZES:
                empty()
                fill(size)
                look(findings)
        finally:
            empty()
    return findings


def look(findings: Findings) -> None:
    stage = Stage()
    for name, work in WORKS.items():
        done = partial(work, stage)
        done_once = statements_of(done)
        findings.efforts.setdefault(name, []).append(effort(done))
        findings.scans[name] = [
            f"{line}: {statement[0]}" for statement in done_once for line in full_scans(statement)
        ]


def test_no_big_table_is_read_in_full(findings: Findings) -> None:
    assert {name: scans for name, scans in findings.scans.items() if scans} == {}


def test_ten_times_as_much_takes_no_more_effort(findings: Findings) -> None:
    assert findings.efforts.keys() == WORKS.keys()
    print(findings.efforts)
    grown = {
        name: (little, much)
        for name, (little, much) in findings.efforts.items()
        if much > FLAT * little
    }
    assert grown == {}
