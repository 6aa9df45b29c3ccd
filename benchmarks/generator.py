"""The load, in a process of its own: a task comes on stdin as JSON, figures go to stdout."""

from __future__ import annotations

import gc
import json
import sys

import uvloop

from benchmarks import arrivals, comeback, conversation, pages
from benchmarks.processes import stay_on
from benchmarks.task import Task

LOADS = {
    "conversation": conversation.run,
    "arrivals": arrivals.run,
    "comeback": comeback.run,
    "pages": pages.run,
}


def main() -> None:
    core = int(sys.argv[1])
    stay_on(core)
    # Thousands of clients live to the end; looking through them again and again is load too.
    gc.disable()
    task = Task(**json.load(sys.stdin))
    try:
        figures = uvloop.run(LOADS[task.load](task))
    except* (OSError, AssertionError) as problems:
        # One of thousands of equal ones.
        sys.exit(f"{type(first(problems)).__name__}: {first(problems)}")
    print(json.dumps(figures))


def first(problems: BaseExceptionGroup[Exception]) -> BaseException:
    one: BaseException = problems
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one


if __name__ == "__main__":
    main()
