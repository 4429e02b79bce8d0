"""What code opens while it runs, told by the interpreter itself (PEP 578)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["opened"]

_EVENTS = (
    "os.fork",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.rename",
    "socket.bind",
    "socket.connect",
    "socket.listen",
    "sqlite3.connect",
    "subprocess.Popen",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# One list for each who listens now; a hook stays for as long as the interpreter.
_listening: list[list[str]] = []
_hooks: list[bool] = []


def _note(event: str, details: tuple[object, ...]) -> None:
    if not _listening:
        return
    if event == "open":
        name, _, flags = details
        # Modules that are imported for the first time are compiled.
        if not isinstance(flags, int) or not flags & _WRITES or "__pycache__" in str(name):
            return
        event = f"open {name!r}"
    elif event not in _EVENTS or "__pycache__" in str(details):
        return
    for one in _listening:
        one.append(event)


@contextmanager
def opened() -> Iterator[list[str]]:
    """A list of what is opened or written in the meantime: sockets, processes, databases, files, directories."""
    if not _hooks:
        sys.addaudithook(_note)
        _hooks.append(True)
    found: list[str] = []
    _listening.append(found)
    try:
        yield found
    finally:
        _listening.remove(found)
