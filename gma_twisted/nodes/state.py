"""The state directory: what survives a restart, and the lock that keeps a second node out."""

import fcntl
import os
import uuid
from collections.abc import Mapping
from pathlib import Path

import attrs

from gma_twisted.errors import ConfigError, cut

__all__ = ["StateDirectory", "stateDirectory"]

_LOCK = "lock"
_NODE_ID = "node-id"
_EPOCH = "epoch"
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
    """

    path: Path
    elsewhere: str = ""
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
                f"state directory {self.path} cannot be used: {error.strerror}; "
                "choose another with --state-dir"
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(lock, 20).decode("ascii", "replace").strip()
            os.close(lock)
            cure = "stop it, or give this node its own with --state-dir"
            if self.elsewhere:
                cure += f" or by another port, {self.elsewhere}"
            raise ConfigError(
                f"state directory {self.path} belongs to a running node (process {cut(owner)}); {cure}"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
        self._lock = lock

    def close(self) -> None:
        """Let another node have it. No effect when it is not open."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def nodeId(self) -> str:
        """
        The identity of the node, made when it is asked for the first time.

        @return: a UUID as text
        @raise ConfigError: what is kept is no UUID, or it cannot be kept
        """
        path = self.path / _NODE_ID
        try:
            text = path.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return self._newNodeId(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
        try:
            return str(uuid.UUID(text))
        except ValueError:
            raise ConfigError(
                f'{path} holds "{cut(text, 60)}", no UUID; restore it, or remove it for a new identity'
            ) from None

    def _newNodeId(self, path: Path) -> str:
        nodeId = str(uuid.uuid4())
        _write(path, nodeId)
        return nodeId

    def nextEpoch(self, wallTime: float) -> int:
        """
        The epoch of a life of the node that begins now: higher than that of every life before, and than those of a
        state that was lost, as far as the clock tells (WIRE 3, delivery). It is on the disk when this returns.

        @param wallTime: now, seconds since 1970
        @raise ConfigError: what is kept is no epoch, or it cannot be kept
        """
        path = self.path / _EPOCH
        epoch = max(self._lastEpoch(path) + 1, int(wallTime * 1000))
        _write(path, str(epoch))
        return epoch

    def _lastEpoch(self, path: Path) -> int:
        try:
            text = path.read_text("ascii", "replace").strip()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
        if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
            raise ConfigError(
                f'{path} holds "{cut(text, 60)}", no number; restore it, or remove it to begin anew'
            )
        return int(text)


def _write(path: Path, text: str) -> None:
    """Put one line into a file, all of it or nothing, and on the disk."""
    draft = path.with_suffix(".new")
    try:
        with draft.open("w", encoding="ascii") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
