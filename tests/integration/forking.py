"""
Programs of the project without their start: a process that has imported all of them forks one when it is asked.

To import what C{gma} or C{twistd} needs takes up to a second of a processor, and the suite starts hundreds of
them; a fork is there in some milliseconds, with the arguments, the environment, the directory and the files it is
given, and ends as the program does. What a start by itself is worth has tests that start Python.
"""

import atexit
import errno
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import attrs

import gma_twisted

__all__ = ["Forked", "Forks", "clientWords", "serve"]

_ROOT = str(Path(gma_twisted.__file__).parent.parent)
_CLIENT = str(Path(__file__).with_name("forkclient.py"))
# -P: like the scripts, which do not look for modules in the current directory.
_SERVER = "from tests.integration.forking import serve; serve()()"
_ROOMS = ("gma_twisted.command", "gma_twisted.nodes", "gma_twisted.providers")
_LONGEST = 60.0
_MESSAGE = 1 << 17


def clientWords(program: str) -> list[str]:
    """
    The beginning of a command line that a program is started by.

    @param program: C{gma} or C{twistd}
    """
    return [sys.executable, "-IS", _CLIENT, Forks.get().path, program]


class Forked:
    """
    A process that was forked, as C{subprocess.Popen} shows one.

    @ivar pid: its own
    @ivar returncode: the exit status, negative for a signal; C{None} until it was waited for
    @ivar stdout: what it prints, on both outputs
    """

    def __init__(
        self,
        program: str,
        words: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
    ) -> None:
        """Start it. @param program: C{gma} or C{twistd}"""
        self.returncode: int | None = None
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.settimeout(_LONGEST)
        self._server.connect(Forks.get().path)
        asked = {
            "program": program,
            "words": [*words],
            "directory": str(directory),
            "environment": dict(environment),
        }
        ours, theirs = os.pipe()
        with open(os.devnull) as nothing:
            files = [nothing.fileno(), theirs, theirs]
            socket.send_fds(self._server, [json.dumps(asked).encode()], files)
            os.close(theirs)
        self.stdout: IO[str] = os.fdopen(ours, encoding="utf-8", errors="replace")
        self.pid = int(self._server.recv(64))

    def poll(self) -> int | None:
        """The exit status when it has ended."""
        try:
            return self.wait(0.0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """
        Wait for its end.

        @return: the exit status
        @raise subprocess.TimeoutExpired: it did not end within so many seconds
        """
        if self.returncode is None:
            self._server.settimeout(timeout)
            try:
                status = self._server.recv(64)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("fork", timeout or 0.0) from None
            self.returncode = int(status)
            self._server.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """
    The process that forks, started when the first test needs it; it ends with this one, and all it forked with it.

    @ivar path: the socket it listens on
    """

    _only: "Forks | None" = None

    def __init__(self) -> None:
        kept = tempfile.TemporaryDirectory(prefix="gma-forks-")
        atexit.register(kept.cleanup)
        self.path = f"{kept.name}/forks"
        environment = {"PYTHONPATH": _ROOT, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVER, self.path],
            env={**environment, "HOME": kept.name},
            cwd=kept.name,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        atexit.register(process.communicate)
        assert process.stdout is not None
        # It listens, or has ended and said why.
        if process.stdout.readline() != b"ready\n":
            raise AssertionError(f"{_SERVER} ended")

    @classmethod
    def get(cls) -> "Forks":
        """The process, started when there is none."""
        if cls._only is None:
            cls._only = cls()
        return cls._only


def _gma() -> None:
    from gma_twisted.command.main import gma  # noqa: PLC0415

    gma(prog_name="gma")


def _twistd() -> None:
    from twisted.scripts.twistd import run  # noqa: PLC0415

    run()


_PROGRAMS: Mapping[str, Callable[[], None]] = {"gma": _gma, "twistd": _twistd}


def _prepare() -> None:
    """Import what a program would import one day; no reactor, which is for the program to choose."""
    from twisted.application.reactors import getReactorTypes  # noqa: PLC0415
    from twisted.application.service import IServiceMaker  # noqa: PLC0415
    from twisted.plugin import getPlugins  # noqa: PLC0415

    for name in ("gma_twisted.command.main", "twisted.scripts.twistd", *_ROOMS):
        importlib.import_module(name)
    for room in _ROOMS:
        path = importlib.import_module(room).__path__
        for found in pkgutil.walk_packages(path, f"{room}."):
            importlib.import_module(found.name)
    list(getPlugins(IServiceMaker))
    list(getReactorTypes())
    importlib.import_module("twisted.internet.epollreactor")
    assert "twisted.internet.reactor" not in sys.modules
    gc.collect()
    gc.freeze()


def serve() -> Callable[[], None]:
    """
    Fork until standard input ends.

    @return: in a fork, its program
    """
    _prepare()
    server = _Server(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    asked = server.run()
    if asked is None:
        return lambda: None
    os.chdir(asked["directory"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    time.tzset()
    sys.argv = ["-c", *asked["words"]]
    return _PROGRAMS[asked["program"]]


@attrs.define(eq=False)
class _Server:
    """Forks, and tells who asked how the fork ended."""

    path: str
    _listener: socket.socket = attrs.field(init=False)
    _selector: selectors.DefaultSelector = attrs.field(factory=selectors.DefaultSelector)
    _woken: tuple[socket.socket, socket.socket] = attrs.field(factory=socket.socketpair)
    _asking: dict[int, socket.socket] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(self.path)
        self._listener.listen(64)
        for one in self._woken:
            one.setblocking(False)

    def run(self) -> dict[str, Any] | None:
        """@return: in a fork, what was asked; C{None} at the end of it all"""
        signal.set_wakeup_fd(self._woken[1].fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # A terminal's Ctrl-C is for those who were started there.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for each in (self._listener, self._woken[0], sys.stdin):
            self._selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    for pid in self._asking:
                        os.kill(pid, signal.SIGKILL)
                    return None
                if key.fileobj is self._woken[0]:
                    self._woken[0].recv(4096)
                    self._reap()
                elif key.fileobj is self._listener:
                    if asked := self._take():
                        return asked
                else:
                    self._drop(key.data)

    def _take(self) -> dict[str, Any] | None:
        """@return: in the fork, what was asked"""
        asking, _ = self._listener.accept()
        message, files, _, _ = socket.recv_fds(asking, _MESSAGE, 3)
        if not message:
            asking.close()
            return None
        pid = os.fork()
        if not pid:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._selector.close()
            for each in (asking, self._listener, *self._woken, *self._asking.values()):
                each.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
                os.close(file)
            found: dict[str, Any] = json.loads(message)
            return found
        for file in files:
            os.close(file)
        self._asking[pid] = asking
        self._selector.register(asking, selectors.EVENT_READ, pid)
        asking.send(b"%d" % pid)
        return None

    def _drop(self, pid: int) -> None:
        """Nobody waits for it any more: its end is here."""
        if pid in self._asking:
            self._selector.unregister(self._asking[pid])
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._asking:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            with self._asking.pop(pid) as asking:
                try:
                    self._selector.unregister(asking)
                except KeyError:
                    continue
                try:
                    asking.send(b"%d" % os.waitstatus_to_exitcode(status))
                except OSError as error:
                    if error.errno != errno.EPIPE:
                        raise
