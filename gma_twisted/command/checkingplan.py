"""What may keep a configured node from starting: its ports, and its state directory."""

import errno
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from gma_twisted.command.finding import Finding
from gma_twisted.configuration import Listen
from gma_twisted.nodes.state import StateDirectory

__all__ = ["portOf", "stateOf"]

_BINDABLE = ("tcp", "tcp6", "ssl")


def portOf(listen: Listen) -> Finding:
    """Whether a port could be opened now: it is, for a moment."""
    about = f"listen {listen.text}"
    if listen.kind not in _BINDABLE:
        return Finding(about, f"{listen.kind} is not tried")
    host = listen.interface
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, listen.port))
            # Two may be bound to a port with SO_REUSEADDR, and only one listen.
            tried.listen(1)
        except OSError as error:
            return Finding(about, f"cannot be opened: {error.strerror}", _portCure(error, listen))
    return Finding(about, "is free")


def _portCure(error: OSError, listen: Listen) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"see who has it: ss -ltnp 'sport = :{listen.port}'; stop that, or take another port by --listen"
    if error.errno == errno.EACCES:
        return "take a port from 1024 on, or let systemd open it"
    return "name an address of this machine; ip address lists them"


def stateOf(directory: Path) -> Iterator[Finding]:
    """What a state directory is like. Nothing is made or changed."""
    about = f"state {directory}"
    if not directory.exists():
        parent = next(one for one in directory.parents if one.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            yield Finding(about, "is not there yet, and can be made")
        else:
            yield Finding(
                about,
                f"cannot be made: {parent} is not writable",
                "choose another directory by --state-dir, or have it made for this user",
            )
        return
    if not (directory.is_dir() and os.access(directory, os.R_OK | os.W_OK | os.X_OK)):
        yield Finding(
            about,
            "is no directory this user can write in",
            f"chown -R {os.getuid()} {directory}, or choose another by --state-dir",
        )
        return
    if owner := StateDirectory(directory).holder():
        yield Finding(
            about,
            f"belongs to a running node, process {owner}",
            "stop it before another node starts here, or give that one its own by --state-dir",
        )
        return
    yield Finding(about, "can be used")
    for journal in sorted(directory.glob("*.db")):
        yield _journalOf(journal)


def _journalOf(path: Path) -> Finding:
    about = f"store {path}"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", 0.0, uri=True)) as opened:
            [(count,)] = opened.execute("SELECT count(*) FROM quarantine").fetchall()
    except sqlite3.Error as error:
        return Finding(
            about,
            f"cannot be read: {error}",
            f"see what is wrong: gma store verify {path.parent}; restore a backup",
        )
    if count:
        return Finding(
            about,
            f"has {count} damaged records in quarantine; they are not served",
            f"see which are there still: gma store verify {path.parent}; look to the disk",
        )
    return Finding(about, "has no damaged records")
