"""The commands in bin/: what they install, when they do not, and how they refuse."""

import ast
import fcntl
import importlib.util
import os
import re
import shutil
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(path.name for path in (CHECKOUT / "bin").iterdir() if path.is_file())


def load(path: Path) -> ModuleType:
    loader = SourceFileLoader(f"bin_{path.stem}", str(path))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap(tmp_path: Path) -> ModuleType:
    """The bootstrap of a checkout of its own, with something like a .venv."""
    for name in ("bin", "deploy"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    (tmp_path / "tests").mkdir()
    for name in ("requirements.txt", "tests/requirements.txt"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    module = load(tmp_path / "bin/bootstrap.py")
    module.PYTHON.parent.mkdir(parents=True)
    module.PYTHON.symlink_to(sys.executable)
    (module.VENV / "pyvenv.cfg").write_text("version = 3.11.0\n")
    return module


class TestLocks:
    @pytest.mark.parametrize("name", ["RUNTIME", "TESTS"])
    def test_are_made_from_the_requirements_as_they_are(self, bootstrap, name):
        lock = getattr(bootstrap, name)
        assert lock.is_current(), f"{lock.path.name} is older than the requirements: run bin/lock"

    def test_are_out_of_date_when_the_requirements_change(self, bootstrap):
        (bootstrap.CHECKOUT / "requirements.txt").open("a").write("more==1.0\n")
        assert not bootstrap.RUNTIME.is_current()
        assert not bootstrap.TESTS.is_current()

    def test_hold_the_versions_of_the_requirements(self):
        pins = re.findall(
            r"^([\w-]+)(?:\[.*\])?==([\w.]+)", (CHECKOUT / "requirements.txt").read_text(), re.M
        )
        assert len(pins) > 10
        for package, version in pins:
            assert versions("requirements.lock")[package.lower()] == version

    def test_test_what_is_run(self):
        assert versions("requirements.lock").items() <= versions("requirements-test.lock").items()

    @pytest.mark.parametrize("lock", sorted((CHECKOUT / "deploy").glob("*.lock")), ids=str)
    def test_name_no_host_and_no_folder_of_a_machine(self, lock):
        assert not re.search(r"://|-index|find-links|-r /|-c /", lock.read_text())


def versions(lock: str) -> dict[str, str]:
    return dict(
        re.findall(
            r"^([\w-]+)(?:\[.*\])?==([\w.]+)", (CHECKOUT / "deploy" / lock).read_text(), re.M
        )
    )


class TestSecondStart:
    def test_installs_nothing(self, bootstrap, monkeypatch, capsys):
        bootstrap.RUNTIME.mark_installed()
        monkeypatch.setattr(bootstrap, "run", None)
        bootstrap.prepare(bootstrap.RUNTIME)
        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize(
        "changed", ["requirements.txt", "deploy/requirements.lock", ".venv/pyvenv.cfg"]
    )
    def test_installs_when_something_changed(self, bootstrap, changed):
        bootstrap.RUNTIME.mark_installed()
        assert bootstrap.RUNTIME.is_installed()
        (bootstrap.CHECKOUT / changed).open("a").write("# changed\n")
        assert not bootstrap.RUNTIME.is_installed()

    def test_installs_for_another_interpreter(self, bootstrap, tmp_path):
        bootstrap.RUNTIME.mark_installed()
        shutil.copy("/bin/sh", tmp_path / "python3.99")
        bootstrap.PYTHON.unlink()
        bootstrap.PYTHON.symlink_to(tmp_path / "python3.99")
        assert not bootstrap.RUNTIME.is_installed()

    def test_installs_after_the_interpreter_went_away(self, bootstrap):
        bootstrap.RUNTIME.mark_installed()
        bootstrap.PYTHON.unlink()
        assert not bootstrap.RUNTIME.is_installed()

    def test_does_not_trust_an_installation_that_was_killed(self, bootstrap):
        bootstrap.RUNTIME.mark_installed()
        bootstrap.UNFINISHED.touch()
        assert not bootstrap.RUNTIME.is_installed()

    def test_of_the_server_needs_nothing_after_the_tests_were_set_up(self, bootstrap):
        bootstrap.TESTS.mark_installed()
        assert bootstrap.RUNTIME.is_installed()

    def test_of_the_server_installs_where_the_tests_were_set_up_without_their_lock(self, bootstrap):
        (bootstrap.CHECKOUT / "tests/requirements.txt").open("a").write("more==1.0\n")
        bootstrap.TESTS.mark_installed()
        assert bootstrap.TESTS.is_installed()
        assert not bootstrap.RUNTIME.is_installed()

    def test_of_the_tests_needs_more_than_the_server(self, bootstrap):
        bootstrap.RUNTIME.mark_installed()
        assert not bootstrap.TESTS.is_installed()


class TestInstalling:
    @pytest.fixture
    def commands(self, bootstrap, monkeypatch):
        """What would have been run; everything succeeds."""
        commands: list[list[str]] = []

        def run(*command: object):
            commands.append([str(part) for part in command])
            return bootstrap.Outcome(True, bootstrap.pinned_uv().replace("==", " "))

        monkeypatch.setattr(bootstrap, "run", run)
        return commands

    def test_takes_what_the_lock_pins(self, bootstrap, commands):
        bootstrap.prepare(bootstrap.RUNTIME)
        assert commands[-1][-3:] == ["--require-hashes", "-r", str(bootstrap.RUNTIME.path)]
        assert bootstrap.RUNTIME.is_installed()

    def test_takes_the_requirements_when_the_lock_is_older_and_says_so(
        self, bootstrap, commands, capsys
    ):
        requirements = bootstrap.CHECKOUT / "requirements.txt"
        requirements.open("a").write("more==1.0\n")
        bootstrap.prepare(bootstrap.RUNTIME)
        assert commands[-1][-2:] == ["-r", str(requirements)]
        assert "--require-hashes" not in commands[-1]
        assert "run bin/lock" in capsys.readouterr().out

    def test_falls_back_to_pip_where_uv_cannot_be_had(self, bootstrap, commands, monkeypatch):
        monkeypatch.setattr(bootstrap, "find_uv", lambda: None)
        bootstrap.prepare(bootstrap.RUNTIME)
        assert commands[-1][1:4] == ["-Im", "pip", "install"]
        assert "--require-hashes" in commands[-1]

    def test_is_one_at_a_time(self, bootstrap):
        other = os.open(bootstrap.CHECKOUT, os.O_RDONLY)
        with bootstrap.one_at_a_time(), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(other)


class TestRefusals:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_can_be_spoken_by_an_old_python(self, command):
        ast.parse((CHECKOUT / "bin" / command).read_text(), feature_version=(3, 6))

    def test_name_the_python_that_is_too_old(self, bootstrap, monkeypatch):
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(sys, "version", "3.9.2 (default)")
        monkeypatch.setattr(bootstrap, "runs_the_chat", lambda python: False)
        with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer and this is Python 3"):
            bootstrap.require_new_python()

    def test_are_not_needed_where_a_newer_python_is_on_path(self, bootstrap, monkeypatch, tmp_path):
        (tmp_path / "python3.13").symlink_to(sys.executable)
        (tmp_path / "python3.14").write_text("#!/bin/sh\nexit 127\n")  # as pyenv's shims do
        (tmp_path / "python3.14").chmod(0o755)
        bootstrap.PYTHON.unlink()
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setattr(sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(sys, "argv", ["bin/run", "--port", "1"])
        monkeypatch.setattr(bootstrap, "replace_process", lambda command: sys.exit(command))
        with pytest.raises(SystemExit) as exit:
            bootstrap.require_new_python()
        assert exit.value.code == [str(tmp_path / "python3.13"), "bin/run", "--port", "1"]

    def test_name_the_missing_venv_module_and_its_package(self, bootstrap, monkeypatch):
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object()
        )
        with pytest.raises(SystemExit, match=r"module ensurepip.*apt install python3\.\d+-venv"):
            bootstrap.require_venv_modules()

    @pytest.mark.parametrize(
        "output",
        [
            "Failed to build `hiredis==3.5.0`\nerror: [Errno 2] No such file or directory: 'cc'",
            "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory\n"
            "  ERROR: Failed building wheel for hiredis",
            "error: [Errno 2] No such file or directory: '/usr/bin/aarch64-linux-gnu-gcc-12'\n"
            "╰─> [63 lines of output]\n╰─> hiredis",
            "fatal error: Python.h: No such file or directory\nFailed building wheel for hiredis",
        ],
    )
    def test_name_the_missing_compiler(self, bootstrap, output):
        with pytest.raises(SystemExit, match=r"package hiredis has no ready-made wheel.*gcc"):
            bootstrap.refuse_packages(bootstrap.Outcome(False, output))

    @pytest.mark.parametrize(
        "output",
        [
            "NewConnectionError: Failed to establish a new connection: [Errno -3] Temporary",
            "error sending request for url\n  cause: client error (Connect)\n  cause: dns error",
        ],
    )
    def test_name_the_missing_network(self, bootstrap, output):
        with pytest.raises(SystemExit, match="index is out of reach"):
            bootstrap.refuse_packages(bootstrap.Outcome(False, output))

    def test_show_what_the_installer_said_where_nothing_better_is_known(self, bootstrap, capsys):
        with pytest.raises(SystemExit, match="the lines above say why"):
            bootstrap.refuse_packages(bootstrap.Outcome(False, "THESE PACKAGES DO NOT MATCH"))
        assert "DO NOT MATCH" in capsys.readouterr().err

    def test_are_a_sentence_where_the_checkout_cannot_be_written(self, bootstrap, monkeypatch):
        def make_venv():
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(bootstrap, "make_venv", make_venv)
        with pytest.raises(SystemExit, match=r"cannot be written or read \(Permission denied\)"):
            bootstrap.prepare(bootstrap.RUNTIME)


class TestStart:
    def test_keeps_a_relative_data_folder_where_the_caller_meant_it(
        self, bootstrap, monkeypatch, tmp_path
    ):
        bootstrap.RUNTIME.mark_installed()
        elsewhere = tmp_path / "some where"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        monkeypatch.setenv("DATA_DIR", "data")
        monkeypatch.setattr(bootstrap, "replace_process", lambda command: sys.exit(command))
        with pytest.raises(SystemExit) as exit:
            bootstrap.start("-m", "ChatApp.server", "--port", "1")
        assert exit.value.code[1:] == ["-m", "ChatApp.server", "--port", "1"]
        assert os.environ["DATA_DIR"] == str(elsewhere / "data")
        assert Path.cwd() == bootstrap.CHECKOUT


class TestTheTestCommand:
    @pytest.fixture
    def command(self, monkeypatch):
        monkeypatch.syspath_prepend(CHECKOUT / "bin")
        return load(CHECKOUT / "bin/test")

    def test_finds_the_settings_in_the_source(self, command, tmp_path):
        (tmp_path / "settings.py").write_text('A = env.text("HOST", "127.0.0.1")\nHOME = "HOME"\n')
        assert command.settings_in(tmp_path) == {"HOST"}

    def test_keeps_the_settings_of_the_caller_out(self, command, monkeypatch, tmp_path):
        theirs = {"SECRET_KEY": "mine", "DATA_DIR": "/mine", "WEB_CONCURRENCY": "8", "HOME": "/me"}
        monkeypatch.setattr(os, "environ", theirs)
        command.keep_settings_out(tmp_path)
        ours = {"DATA_DIR": str(tmp_path / "data"), "TEST_TEMPLATES": str(tmp_path / "templates")}
        assert theirs == {**ours, "HOME": "/me"}

    @pytest.mark.parametrize(
        "line",
        [
            "========================= 5 passed, 1 skipped in 1.87s =========================",
            "===== 1 failed, 2 passed, 3 warnings in 61.20s (0:01:01) ======",
            "\x1b[32m=== \x1b[32m\x1b[1m5 passed\x1b[0m\x1b[32m in 1.87s\x1b[0m\x1b[32m ===\x1b[0m",
        ],
    )
    def test_knows_the_closing_line_of_pytest(self, command, line):
        assert command.CLOSING_LINE.match(line)

    def test_names_the_tests_that_did_not_run(self, command, tmp_path):
        results = tmp_path / "results.xml"
        results.write_text(
            '<testsuites><testsuite><testcase file="tests/a.py" name="test_one">'
            '<skipped type="pytest.skip" message="redis is missing"/></testcase>'
            '<testcase file="tests/a.py" name="test_two"/></testsuite></testsuites>'
        )
        tests = command.Tests([], results)
        assert list(tests.skipped()) == [("tests/a.py::test_one", "redis is missing")]

    def test_closes_with_the_sum_of_its_runs(self, command):
        together = (
            "== \x1b[31m1 failed\x1b[0m, 40 passed, 9 deselected, 1 warning in 61.20s (0:01:01) =="
        )
        alone = "======== 2 passed, 1 skipped, 41 deselected, 1 warning, 2 errors in 1.87s ========"
        line = command.sum_of([together, alone])
        assert line.strip("= ") == (
            "1 failed, 42 passed, 1 skipped, 2 warnings, 2 errors in 63.07s"
        )
        assert command.CLOSING_LINE.match(line)
        assert command.sum_of([alone]) == alone
        assert command.sum_of([together, ""]) == "pytest did not come to its end."
