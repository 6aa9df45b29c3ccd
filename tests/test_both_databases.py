"""What touches the database runs on PostgreSQL too: the same tests, once more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import services
from tests.running import CHECKOUT
from tests.templates import migrated_postgres

TESTS = ["tests/accounts", "tests/actions", "tests/admin", "tests/http", "tests/scale"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("tests", TESTS)
def test_everything_that_touches_the_database_passes_on_postgresql(
    tests: str, tmp_path: Path
) -> None:
    services.require("postgresql")
    with migrated_postgres() as database_url:
        again = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--reuse-db", tests],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "DATABASE_URL": database_url,
                "DATA_DIR": str(tmp_path),
                # The first time counts for the coverage; to be traced takes half as much again.
                "COVERAGE_PROCESS_CONFIG": "",
            },
            capture_output=True,
            text=True,
        )
    assert again.returncode == 0, again.stdout[-6000:] + again.stderr[-2000:]
