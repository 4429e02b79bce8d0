"""The kernel's table of processes: one small read for each, in turns of the reactor.

psutil needs 130 us for the same facts of a process, nine times as long; and for a longer name of a program it opens
the arguments, which may hold secrets.
"""

import os
from collections.abc import Callable, Sequence

import attrs

from gma_twisted.errors import ProviderFailed
from gma_twisted.timing.turns import Turns

__all__ = ["NAME_BYTES", "ProcessFacts", "ProcessTable"]

NAME_BYTES = 15
"""Bytes of a program's name that the kernel keeps."""

_TICKS = os.sysconf("SC_CLK_TCK")
_LONGEST = 4096
_KERNEL_THREAD = 0x00200000
# Places behind the name in /proc/PID/stat (proc(5)).
_STATE, _PARENT, _FLAGS, _START = 0, 1, 6, 19


@attrs.frozen(slots=True)
class ProcessFacts:
    """
    One process. Its id is used again after its end; with the tick of its start it is unique until the next boot.

    @ivar pid: its id
    @ivar start: when it began, in ticks since boot
    @ivar parent: id of the process it is a child of
    @ivar uid: the user whose rights it has
    @ivar name: of its program, at most L{NAME_BYTES}; the process can change it
    @ivar state: the kernel's letter
    """

    pid: int
    start: int
    parent: int
    uid: int
    name: str
    state: str

    @property
    def began(self) -> float:
        """When it began, in seconds since boot."""
        return self.start / _TICKS


@attrs.frozen(slots=True)
class ProcessTable:
    """
    The processes of this host, without the kernel's own threads.

    @ivar root: where procfs is mounted
    """

    root: str = "/proc"

    def uptime(self) -> float:
        """
        Seconds since boot, by the clock of L{ProcessFacts.began}.

        @raise ProviderFailed: the system does not tell
        """
        try:
            return float(_read(f"{self.root}/uptime").split()[0])
        except (OSError, ValueError, IndexError):
            raise ProviderFailed(f"{self.root}/uptime cannot be read: is procfs mounted?") from None

    async def read(
        self, turns: Turns, isWanted: Callable[[int, int], bool]
    ) -> Sequence[ProcessFacts]:
        """
        The processes that are there; what ends meanwhile may be among them or not.

        @param turns: of the whole run
        @param isWanted: takes process id and user id; of others nothing is read
        @raise ProviderFailed: there is no table
        """
        found: list[ProcessFacts] = []
        try:
            with os.scandir(self.root) as entries:
                for entry in entries:
                    if not (entry.name.isascii() and entry.name.isdigit()):
                        continue
                    await turns.breathe()
                    one = self._facts(int(entry.name), isWanted)
                    if one is not None:
                        found.append(one)
        except OSError as error:
            raise ProviderFailed(f"{self.root} cannot be listed: {error.strerror}") from None
        return found

    def _facts(self, pid: int, isWanted: Callable[[int, int], bool]) -> ProcessFacts | None:
        path = f"{self.root}/{pid}"
        try:
            uid = os.stat(path).st_uid
            return _facts(pid, uid, _read(f"{path}/stat")) if isWanted(pid, uid) else None
        except OSError:  # it has ended
            return None


def _facts(pid: int, uid: int, data: bytes) -> ProcessFacts | None:
    # The name stands in parentheses and may have some, and blanks and line ends, itself.
    first, last = data.find(b"("), data.rfind(b")")
    fields = data[last + 1 :].split()
    if not 0 < first < last or len(fields) <= _START:
        return None
    if int(fields[_FLAGS]) & _KERNEL_THREAD:
        return None
    return ProcessFacts(
        pid,
        int(fields[_START]),
        int(fields[_PARENT]),
        uid,
        data[first + 1 : last].decode("utf-8", "replace"),
        fields[_STATE].decode("ascii", "replace"),
    )


def _read(path: str) -> bytes:
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(opened, _LONGEST)
    finally:
        os.close(opened)
