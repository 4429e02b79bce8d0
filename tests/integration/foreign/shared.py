"""One node for all the tests with foreign clients, whose values the tests change."""

import atexit
import fcntl
import itertools
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from mmap import mmap
from pathlib import Path
from typing import TypeVar

import psutil

from tests.integration.twistd import Node

__all__ = ["PAUSE", "SharedNode", "poll", "watchMemory"]

T = TypeVar("T")

_BIG = 600
"""Megabytes a test takes from the machine."""
_BETWEEN = 20
"""Megabytes that may come and go between two looks at it."""

_CONFIGURATION = """
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "{interval}s"

[providers.reading]
command = ["/bin/cat", "{home}/reading.xml"]
interval = "{interval}s"

[providers.wanted]
command = ["/bin/cat", "{home}/wanted.xml"]

[sde."{{urn:example:site}}State"]
mutability = "mutable"
cardinality = "1..2"
modifiable = true
type = "string"
value = "open"

[sde."{{urn:example:site}}Note"]
modifiable = true

[sde."{{urn:example:site}}Mark"]
mutability = "mutable"
modifiable = true

[sde."{{urn:example:site}}Contact"]
mutability = "constant"
value = "ann"

[factory.holder]
class = "ServiceDataHolder"

[notify]
min_lifetime = "1s"
"""

PAUSE = 0.05
"""Seconds between two looks of L{poll}."""


def poll(
    read: Callable[[], T],
    isGood: Callable[[T], bool],
    seconds: float = 10.0,
    pause: float = PAUSE,
) -> T:
    """
    Read until it is good.

    @param pause: seconds between two looks: more where a look is a process
    @raise AssertionError: it was not in time; shows the last reading
    """
    deadline = time.monotonic() + seconds
    while not isGood(found := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {found!r} after {seconds} s")
        time.sleep(pause)
    return found


def watchMemory(available: Callable[[], int]) -> None:
    """
    Take memory and give it back: what is told becomes what the kernel says, before, between and afterwards.

    The kernel is asked beside, as often: so nothing depends on what others on the machine take and give meanwhile.

    @param available: reads the megabytes
    """
    # One at a time, because of what it takes.
    with open(__file__) as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        _tellsMemory(available)
        with closing(mmap(-1, _BIG << 20)) as taken:
            for page in range(0, len(taken), 4096):
                taken[page] = 1
            _tellsMemory(available)
        _tellsMemory(available)


def _tellsMemory(available: Callable[[], int]) -> None:
    seen = [_memoryNow()]

    def read() -> int:
        told = available()
        seen.append(_memoryNow())
        return told

    poll(read, lambda told: min(seen) - _BETWEEN <= told <= max(seen) + _BETWEEN)


def _memoryNow() -> int:
    return int(psutil.virtual_memory().available >> 20)


class SharedNode:
    """
    A twistd process that starts when the first test needs it and ends with the test run.

    Its provider C{reading} tells what L{write} wrote last; C{wanted} does so when executeProvider runs it. Clients
    may set service data of it, and have services made.

    @ivar url: of its service
    """

    INTERVAL = 0.2
    """Seconds between two runs of a provider."""

    _only: "SharedNode | None" = None

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._kept = tempfile.TemporaryDirectory(prefix="gma-foreign-")
        self._home = home = Path(self._kept.name)
        self.write("reading")
        self.write("wanted")
        text = _CONFIGURATION.format(home=home, interval=self.INTERVAL)
        (home / "vo.toml").write_text(text)
        options = ("-c", "vo.toml", "--state-dir", str(home / "state"))
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        atexit.register(self._kept.cleanup)
        self._node = Node(home, atexit.register, *options, *listen)
        self.base = self._node.url()
        self.url = f"{self.base}/services/index"

    @classmethod
    def get(cls) -> "SharedNode":
        """The node, started when there is none."""
        if cls._only is None:
            cls._only = cls()
        return cls._only

    def write(self, what: str) -> str:
        """
        Change a value.

        @param what: C{reading} or C{wanted}
        @return: the new value, unlike any before
        """
        number = str(next(self._numbers))
        new = self._home / "new.xml"
        new.write_text(f'<r:{what} xmlns:r="urn:example:foreign" number="{number}"/>\n')
        os.replace(new, self._home / f"{what}.xml")
        return number
