"""Make the project's own virtual environment, and the system libraries Qt needs, ready for whatever runs next.

May not touch: anything outside the standard library, and no syntax newer than Python 3.8, so that an old python3 still
gets as far as saying what is missing. Tried on Debian 12; the Windows and macOS branches are kept plain, and untried.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME_LOCK = ROOT / "packaging" / "requirements.txt"
DEV_LOCK = ROOT / "packaging" / "requirements-dev.txt"

_VENV = ROOT / ".venv"
_SCRIPTS = _VENV / ("Scripts" if os.name == "nt" else "bin")
_SUFFIX = ".exe" if os.name == "nt" else ""
_STAMP = _VENV / "redline-setup.txt"

_SUPPORTED = ("3.11", "3.12", "3.13")
_SUITS = f"import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] not in {_SUPPORTED})"

# Shared object -> Debian package, after `objdump -p` of Qt 6.11's own libraries and platform plugins.
_QT = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_WAYLAND = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}


def prepare(*locks: Path) -> None:
    """Leave `.venv` holding the first of ``locks`` and the `redline` command; one that holds any of them is kept.

    Exits with a sentence that says what to do when a step cannot be done.
    """
    _provide(_missing_packages)
    stamp = _STAMP.read_text(encoding="utf-8") if _STAMP.exists() else ""
    if stamp not in {_fingerprint(lock) for lock in locks}:
        _install(locks[0], anew=bool(stamp) and not stamp.startswith(f"{ROOT}\n"))


def provide_test_programs() -> None:
    """Leave the machine with PostgreSQL, of which the tests run a server of their own, and with strace."""
    _provide(_missing_programs)


def command(name: str) -> str:
    """The path of a program in the virtual environment."""
    return str(_SCRIPTS / f"{name}{_SUFFIX}")


def has_display() -> bool:
    """Whether a window could be shown: always, except on a Linux without X11 and Wayland."""
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _install(lock: Path, anew: bool) -> None:
    """Install over what is there, or from nothing after a set-up that was cut short or a folder that was moved."""
    print(f"Setting up Redline in {_VENV}: a minute or two, only this once.", flush=True)
    python = command("python")
    if anew or not _succeeds(python, "-m", "pip", "--version"):
        # pip comes after the mark, so that no half-made environment is ever taken for a good one
        _step(*_interpreter(), "-m", "venv", "--clear", "--without-pip", str(_VENV))
        _STAMP.write_text("unfinished", encoding="utf-8")
        _step(python, "-m", "ensurepip")
    _STAMP.write_text("unfinished", encoding="utf-8")
    pip = (python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps")
    _step(*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(lock))
    _step(*pip, "--no-index", "--no-build-isolation", "--editable", str(ROOT))
    _step(python, "-c", "import PySide6.QtNetwork, PySide6.QtSvg, PySide6.QtWidgets")
    _STAMP.write_text(_fingerprint(lock), encoding="utf-8")


def _fingerprint(lock: Path) -> str:
    """What the stamp says once ``lock`` is installed: where, and a hash of what decides the environment's content."""
    decisive = lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return f"{ROOT}\n{hashlib.sha256(decisive).hexdigest()}\n"


def _interpreter() -> tuple[str, ...]:
    """The command of a Python that Redline runs on and that can make virtual environments: this one, if it will do."""
    version = ".".join(map(str, sys.version_info[:2]))
    if version in _SUPPORTED and sys.platform == "linux":
        _provide(lambda: [] if _suitable_interpreter() else [f"python{version}-venv"])
    found = _suitable_interpreter()
    if found is None:
        sys.exit(
            f"Redline runs on Python {_SUPPORTED[0]} to {_SUPPORTED[-1]}, with its venv module. This is {version}, and "
            f"no other was found. Install Python {_SUPPORTED[-1]}, then run the same command again."
        )
    return found


def _suitable_interpreter() -> tuple[str, ...] | None:
    candidates: list[tuple[str, ...]] = [(sys.executable,)]
    for version in reversed(_SUPPORTED):
        candidates += [(f"python{version}",), ("py", f"-{version}")]
    return next((one for one in candidates if shutil.which(one[0]) and _succeeds(*one, "-c", _SUITS)), None)


def _missing_packages() -> list[str]:
    """The Debian packages of those system libraries that Qt needs here and that cannot be loaded."""
    if sys.platform != "linux":
        return []
    wanted = dict(_QT)
    if os.environ.get("DISPLAY"):
        wanted.update(_X11)
    if os.environ.get("WAYLAND_DISPLAY"):
        wanted.update(_WAYLAND)
    return [package for library, package in wanted.items() if not _loads(library)]


def _missing_programs() -> list[str]:
    """The Debian packages of those programs that only tests run; Debian keeps those of PostgreSQL off the path."""
    if sys.platform != "linux":
        return []
    postgresql = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return [
        package for package, found in {"postgresql": postgresql, "strace": shutil.which("strace")}.items() if not found
    ]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _provide(missing: Callable[[], list[str]]) -> None:
    """Install through apt, where allowed, the packages that ``missing()`` names; exit if it still names some."""
    packages = missing()
    if packages and _may_use_apt():
        sudo = () if os.geteuid() == 0 else ("sudo", "-n")
        apt = (*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get")
        install = (*apt, "install", "--yes", "--no-install-recommends", *packages)
        print("Installing system packages:", *packages, flush=True)
        if not _succeeds(*install):
            _succeeds(*apt, "update")
            _succeeds(*install)
        packages = missing()
    if packages:
        names = " ".join(packages)
        sys.exit(f"Redline needs system packages that are missing here. Install them, then run again: {names}")


def _may_use_apt() -> bool:
    if not shutil.which("apt-get"):
        return False
    return os.geteuid() == 0 or (shutil.which("sudo") is not None and _succeeds("sudo", "-n", "true"))


def _succeeds(*command: str) -> bool:
    """Whether a command could be run and ended well; what it says is not shown."""
    silent = subprocess.DEVNULL
    try:
        return subprocess.call(command, stdin=silent, stdout=silent, stderr=silent) == 0
    except OSError:
        return False


def _step(*command: str) -> None:
    """Run one step of the set-up, which shows its own complaint; exit if it fails."""
    if subprocess.call(command, cwd=str(ROOT), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        sys.exit(f"This step of the set-up failed: {' '.join(command)}\nRunning again starts from a clean state.")
