"""The state directory: what survives a restart, and the lock that keeps a second node out."""

import fcntl
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

import attrs

from gma_twisted.errors import ConfigError, cut

__all__ = ["UNFINISHED", "StateDirectory", "stateDirectory"]

UNFINISHED = "restoring"
"""A file that is there while a restore goes on. Unlike the line of a file, a name cannot be half written."""

_LOCK = "lock"
_NODE_ID = "node-id"
_EPOCH = "epoch"
_PID_BYTES = 20
_MOST_DIGITS = 18


def stateDirectory(name: str, environment: Mapping[str, str]) -> Path:
    """
    Where a node keeps its state unless it is told (WIRE 1).

    @param name: of the node
    @param environment: C{STATE_DIRECTORY} (systemd's; the first of several), C{XDG_STATE_HOME}, C{HOME}
    """
    if given := environment.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    home = environment.get("XDG_STATE_HOME", "")
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "state"
    return base / "gma-twisted" / name


@attrs.define(slots=True, eq=False)
class StateDirectory:
    """
    A state directory, owned by at most one node at a time.

    @ivar path: absolute
    @ivar elsewhere: option that brings another one, beside C{--state-dir}; empty when none does
    @ivar cure: what is to be done when it cannot be used
    """

    path: Path
    elsewhere: str = ""
    cure: str = "choose another with --state-dir"
    _lock: int | None = attrs.field(default=None, init=False, repr=False)

    def open(self) -> None:
        """
        Make the directory when it is not there, and lock it.

        @raise ConfigError: it cannot be made or written, or another node has it
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise ConfigError(
                f"state directory {self.path} cannot be used: {error.strerror}; {self.cure}"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = _owner(lock)
            os.close(lock)
            cure = "stop it, or give this node its own with --state-dir"
            if self.elsewhere:
                cure += f" or by another port, {self.elsewhere}"
            raise ConfigError(
                f"state directory {self.path} belongs to a running node (process {owner}); {cure}"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
        self._lock = lock

    def close(self) -> None:
        """Let another node have it. No effect when it is not open."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def holder(self) -> str:
        """The process id of the node that has it now; empty when none has, C{unknown} when it does not say."""
        try:
            lock = os.open(self.path / _LOCK, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return ""
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _owner(lock)
        finally:
            os.close(lock)
        return ""

    def nodeId(self) -> str:
        """
        The identity of the node, made when it is asked for the first time.

        @return: a UUID as text
        @raise ConfigError: what is kept is no UUID, or it cannot be kept
        """
        nodeId = self.keptNodeId()
        if not nodeId:
            nodeId = str(uuid.uuid4())
            _write(self.path / _NODE_ID, nodeId)
        return nodeId

    def keptNodeId(self) -> str:
        """
        The identity of the node that was here; empty when none was. Nothing is made.

        @raise ConfigError: what is kept is no UUID, or belongs to a restore that was not finished
        """
        self.admit()
        path = self.path / _NODE_ID
        text = _read(path)
        if text is None:
            return ""
        try:
            return str(uuid.UUID(text))
        except ValueError:
            raise ConfigError(
                f'{path} holds "{cut(text, 60)}", no UUID; restore it, or remove it for a new identity'
            ) from None

    def nextEpoch(self, wallTime: float) -> int:
        """
        The epoch of a life of the node that begins now: higher than that of every life before, and than those of a
        state that was lost, as far as the clock tells (WIRE 3, delivery). It is on the disk when this returns.

        @param wallTime: now, seconds since 1970
        @raise ConfigError: what is kept is no epoch, or it cannot be kept
        """
        epoch = max(self.keptEpoch() + 1, int(wallTime * 1000))
        _write(self.path / _EPOCH, str(epoch))
        return epoch

    def keptEpoch(self) -> int:
        """
        The epoch of the last life; 0 when there was none. Nothing is made.

        @raise ConfigError: what is kept is no epoch, or belongs to a restore that was not finished
        """
        self.admit()
        path = self.path / _EPOCH
        text = _read(path)
        if text is None:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise ConfigError(
                f'{path} holds "{cut(text, 60)}", no number; restore it, or remove it to begin anew'
            )
        return int(text)

    def admit(self) -> None:
        """@raise ConfigError: a restore was not finished here"""
        if os.path.lexists(self.path / UNFINISHED):
            raise ConfigError(
                f"state directory {self.path} holds a restore that was not finished; empty it and restore again"
            )

    def beginRestore(self) -> None:
        """
        From here on no node starts here, until L{endRestore}, whatever happens in between.

        @raise ConfigError: it cannot be written
        """
        path = self.path / UNFINISHED
        try:
            os.close(_made(path))
            _synchronise(self.path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from None

    def endRestore(self, nodeId: str, epoch: int) -> None:
        """
        Everything else is there and durable: a node may start.

        @param nodeId: see L{nodeId}
        @param epoch: lower than that of the next life
        @raise ConfigError: it cannot be written
        """
        _write(self.path / _NODE_ID, nodeId)
        _write(self.path / _EPOCH, str(epoch))
        path = self.path / UNFINISHED
        try:
            path.unlink()
            _synchronise(self.path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be removed: {error.strerror}") from None


def _owner(lock: int) -> str:
    return cut(os.read(lock, _PID_BYTES).decode("ascii", "replace").strip()) or "unknown"


def _read(path: Path) -> str | None:
    """One line of a file; C{None} without the file. @raise ConfigError: it cannot be read"""
    try:
        return path.read_text("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None


def _write(path: Path, text: str) -> None:
    """Put one line into a file, all of it or nothing, and on the disk."""
    draft = path.with_suffix(".new")
    try:
        # What a kill left.
        draft.unlink(missing_ok=True)
        with open(_made(draft), "w", encoding="ascii") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _synchronise(path.parent)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None


def _made(path: Path) -> int:
    """Make a file, and follow no link to another. @raise OSError: it is there, or cannot be made"""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o666)


def _synchronise(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
