"""What every command in bin/ does first: a Python that is new enough, `.venv`, the packages.

Nothing but the standard library is at hand here. This file and the commands that import it
must also compile on Pythons far too old for the chat (3.6), so that these can say what they
lack in a sentence instead of a SyntaxError.

Once all is installed a start reads the lock and a stamp, and nothing else; the modules that
only installing needs are imported where it happens.
"""

import hashlib
import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path

TYPE_CHECKING = False  # as type checkers know it; typing itself takes 3 ms to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

OLDEST_PYTHON = (3, 11)
PYTHONS_ON_PATH = ("python3.14", "python3.13", "python3.12", "python3.11")

CHECKOUT = Path(__file__).resolve().parent.parent
DEPLOY = CHECKOUT / "deploy"
VENV = CHECKOUT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

# There while packages change. Found by a later start, it means that the one before was killed
# half-way, and that nothing in .venv can be trusted.
UNFINISHED = VENV / ".unfinished"


def require_new_python() -> None:
    """Return on a Python that can run the chat, continue in one found on PATH, or refuse."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    import shutil

    for python in [str(PYTHON), *map(shutil.which, PYTHONS_ON_PATH)]:
        if python and runs_the_chat(python):
            replace_process([python, *sys.argv])
    needed, found = ".".join(map(str, OLDEST_PYTHON)), sys.version.split()[0]
    refuse(
        f"ChatApp needs Python {needed} or newer and this is Python {found} at {sys.executable}: "
        "install a newer one (Debian, Ubuntu: apt install python3; macOS: brew install python; "
        "otherwise python.org) and start again."
    )


def runs_the_chat(python: "str | Path") -> bool:
    """Whether this interpreter starts at all (a pyenv shim may not) and is new enough."""
    import subprocess

    question = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    null = subprocess.DEVNULL
    try:
        return subprocess.call([str(python), "-c", question], stdout=null, stderr=null) == 0
    except OSError:
        return False


def replace_process(command: "list[str]") -> "NoReturn":
    """Become `command`, so that Ctrl+C and SIGTERM reach it and nobody stands in between."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execv(command[0], command)
    import signal
    import subprocess

    # Windows cannot replace a process: wait for it, and leave Ctrl+C to it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.call(command))


def refuse(sentence: str) -> "NoReturn":
    """Stop with a sentence for a person: what happened, and what to do about it."""
    sys.exit(sentence)


# On import, because the annotations below are an error on an older Python.
require_new_python()


class Lock:
    """Pinned packages with their hashes, and the requirements files they were compiled from."""

    def __init__(self, name: str, *sources: str, includes: "tuple[Lock, ...]" = ()) -> None:
        self.path = DEPLOY / name
        self.sources = [CHECKOUT / source for source in sources]
        self.stamp = VENV / f".{self.path.stem}.stamp"
        self.includes = includes

    def header(self) -> str:
        """The lines by which the lock tells which state of its sources it was compiled from."""
        hashes = {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in self.sources}
        return "".join(f"# sha256 of {relative(file)}: {hashes[file]}\n" for file in self.sources)

    def is_current(self) -> bool:
        return self.header() in self.path.read_text()

    def fingerprint(self) -> str:
        """Everything that asks for a new installation when it changes."""
        digest = hashlib.sha256(os.path.realpath(PYTHON).encode())
        for file in (VENV / "pyvenv.cfg", self.path, *self.sources):
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def is_installed(self) -> bool:
        try:
            return (
                self.stamp.read_text() == self.fingerprint()
                and os.access(PYTHON, os.X_OK)
                and not UNFINISHED.exists()
            )
        except FileNotFoundError:
            return False

    def mark_installed(self) -> None:
        self.stamp.write_text(self.fingerprint())
        if self.is_current():  # otherwise its versions may not be those of the locks it includes
            for lock in self.includes:
                lock.mark_installed()


def relative(path: Path) -> str:
    """As everybody's checkout calls it."""
    return path.relative_to(CHECKOUT).as_posix()


RUNTIME = Lock("requirements.lock", "requirements.txt")
TESTS = Lock(
    "requirements-test.lock", "tests/requirements.txt", "requirements.txt", includes=(RUNTIME,)
)
# The installer itself, since it checks the hashes of all others.
UV = DEPLOY / "requirements-uv.lock"


def start(*command: str) -> None:
    """Become the checkout's Python with these arguments, in the checkout, packages installed."""
    prepare(RUNTIME)
    if os.environ.get("DATA_DIR"):
        os.environ["DATA_DIR"] = os.path.abspath(os.environ["DATA_DIR"])
    os.chdir(CHECKOUT)
    replace_process([str(PYTHON), *command])


def enter(lock: Lock) -> None:
    """Go on with this script inside .venv, with the packages of `lock`."""
    prepare(lock)
    if not os.path.samefile(sys.prefix, VENV):
        replace_process([str(PYTHON), *sys.argv])


def prepare(lock: Lock) -> None:
    try:
        if lock.is_installed():
            return
        with one_at_a_time():
            if not lock.is_installed():  # a start this one waited for may have done it
                say("Installing the packages (about a minute, only this once) …")
                make_venv()
                install(lock)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        refuse(
            f"{VENV} cannot be written or read ({error.strerror}): use a checkout that this user "
            "may write to, on a disk with some hundred megabytes free."
        )


@contextmanager
def one_at_a_time() -> "Iterator[None]":
    """Two first starts at once take turns.

    What is locked is the checkout's own folder: .venv may be made anew meanwhile, and so no
    lock file is left behind.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    folder = os.open(CHECKOUT, os.O_RDONLY)
    # Inherited, so that an installer keeps the lock when the start above it is killed.
    os.set_inheritable(folder, True)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another start is installing the packages; waiting for it …")
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError:
        pass  # some network file systems know no locks
    try:
        yield
    finally:
        os.close(folder)


def make_venv() -> None:
    """A virtual environment with pip; one that works is kept, whoever made it."""
    if UNFINISHED.exists() or not runs_the_chat(PYTHON):
        require_venv_modules()
        create_venv()
    if not run(PYTHON, "-Im", "pip", "--version").ok:
        UNFINISHED.touch()
        outcome = run(PYTHON, "-Im", "ensurepip", "--upgrade", "--default-pip")
        if not outcome.ok:
            refuse_with(outcome, "pip could not be put into .venv; the lines above say why.")


def create_venv() -> None:
    import venv

    try:
        # Links, not copies: a copied interpreter may not find its library on macOS.
        venv.EnvBuilder(clear=True, symlinks=os.name != "nt").create(VENV)
    except ValueError as error:  # a colon in the path
        refuse(f"No virtual environment can be made at {VENV}: {error}.")
    UNFINISHED.touch()


def require_venv_modules() -> None:
    from importlib.util import find_spec

    missing = [module for module in ("venv", "ensurepip") if find_spec(module) is None]
    if missing:
        refuse(
            f"Python at {sys.executable} lacks its module {' and '.join(missing)}, which makes "
            "virtual environments: install it (Debian, Ubuntu: apt install "
            f"python{sys.version_info[0]}.{sys.version_info[1]}-venv) and start again."
        )


def install(lock: Lock) -> None:
    UNFINISHED.touch()
    if lock.is_current():
        wanted = ["--require-hashes", "-r", str(lock.path)]
    else:
        wanted = ["-r", str(lock.sources[0])]
        say(
            f"{lock.path.name} is older than the requirements it was made from, so these are "
            "installed without it and without hashes: run bin/lock."
        )
    outcome = install_fast(wanted) or run(PYTHON, "-Im", "pip", "install", *wanted)
    if not outcome.ok:
        refuse_packages(outcome)
    UNFINISHED.unlink()
    lock.mark_installed()


def install_fast(wanted: "list[str]") -> "Outcome | None":
    """With uv; None where pip should try, which knows indexes and proxies from its own settings."""
    uv = find_uv()
    if uv is None:
        return None
    outcome = run(uv, "pip", "install", "--python", PYTHON, "--compile-bytecode", *wanted)
    return outcome if outcome.ok or outcome.lacks_a_compiler() else None


def find_uv() -> "Path | None":
    """uv in .venv in the version that is pinned, or None where it cannot be had."""
    uv = PYTHON.with_name("uv" + PYTHON.suffix)
    if not run(uv, "--version").output.startswith(pinned_uv().replace("==", " ")):
        # Only a wheel: without one, building uv would take longer than pip takes for all.
        only_this = ["--require-hashes", "--only-binary=:all:", "--force-reinstall", "-r", UV]
        outcome = run(PYTHON, "-Im", "pip", "install", *only_this)
        if outcome.lacks_a_network():
            refuse_packages(outcome)
        if not outcome.ok:
            return None
    return uv


def pinned_uv() -> str:
    """As the lock has it: `uv==1.2.3`."""
    return next(word for word in UV.read_text().split() if word.startswith("uv=="))


def refuse_packages(outcome: "Outcome") -> None:
    """Say why the packages are not there; downloads and builds fail before .venv is touched."""
    if outcome.lacks_a_network():
        UNFINISHED.unlink(missing_ok=True)
        refuse(
            "The packages cannot be fetched because the package index is out of reach: connect "
            "this machine (HTTPS_PROXY and PIP_INDEX_URL are respected) and start again."
        )
    if outcome.lacks_a_compiler():
        UNFINISHED.unlink(missing_ok=True)
        refuse(
            f"{outcome.failed_build()} has no ready-made wheel for this machine and building it "
            "failed for want of a C compiler: install one (Debian, Ubuntu: apt install gcc "
            "python3-dev) and start again."
        )
    refuse_with(outcome, "The packages could not be installed; the lines above say why.")


def refuse_with(outcome: "Outcome", sentence: str) -> None:
    print(outcome.output.strip(), file=sys.stderr)
    refuse(sentence)


class Outcome:
    """How a command ended and what it said."""

    def __init__(self, ok: bool, output: str) -> None:
        self.ok = ok
        self.output = output

    def lacks_a_network(self) -> bool:
        return self.failed_with(
            "Failed to establish a new connection|NewConnectionError|ConnectTimeoutError|ProxyError"
            "|error sending request|dns error"
        )

    def lacks_a_compiler(self) -> bool:
        compiler = r"[\w./+-]*(cc|clang|[cg]\+\+)[\w.+-]*"  # x86_64-linux-gnu-gcc-12
        return self.failed_with(
            rf"command '{compiler}' failed: No such file|No such file or directory: '{compiler}'"
            r"|Python\.h: No such file|'Python\.h' file not found"
            "|no acceptable C compiler|Unknown compiler|Microsoft Visual C\\+\\+"
        )

    def failed_with(self, pattern: str) -> bool:
        return not self.ok and re.search(pattern, self.output) is not None

    def failed_build(self) -> str:
        named = re.search(
            r"(?:Failed to build|Failed building wheel for|╰─>) `?([\w.-]+)", self.output
        )
        return f"The package {named.group(1)}" if named else "A package"


def run(*command: object) -> Outcome:
    import subprocess

    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=install_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        return Outcome(False, str(error))
    return Outcome(done.returncode == 0, done.stdout)


def install_environment() -> "dict[str, str]":
    """For pip and uv: no questions, no advice, and no cache where the home cannot be written."""
    environment = {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_QUIET": "1",
        "PIP_USER": "0",
        "UV_QUIET": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "copy",
        **os.environ,
    }
    if "PIP_INDEX_URL" in os.environ:
        environment.setdefault("UV_DEFAULT_INDEX", os.environ["PIP_INDEX_URL"])
    if not os.access(os.path.expanduser("~"), os.W_OK):
        environment.setdefault("UV_NO_CACHE", "1")
    return environment


def say(line: str) -> None:
    print(line, flush=True)
