"""A subscriber of C{gma demo --jobs}: C{gma watch}, as anybody runs it, whose lines are read."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from types import TracebackType

from gma_twisted.command.childend import endChild
from gma_twisted.command.failures import Exit, Failure

__all__ = ["DemoWatch"]

_PROGRAM = "from gma_twisted.command.main import gma; gma(prog_name='gma')"
_ENDS = 5.0


class DemoWatch:
    """
    Hears of jobs at an index for as long as it is entered.

    What it remembers is one line a job and state.
    """

    def __init__(self, url: str) -> None:
        """@param url: of the node. @raise Failure: it cannot be started"""
        words = ("watch", url, "rips:Job", "-o", "json")
        # By job and state, when it was first heard: instants of the monotonic clock.
        self._heard: dict[tuple[str, str], float] = {}
        self._last: dict[str, str] = {}
        self._news = threading.Condition()
        try:
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-c", _PROGRAM, *words),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                # Ctrl-C at a terminal is for us, who end it.
                start_new_session=True,
            )
        except OSError as error:
            raise Failure(f"gma watch cannot be started: {error}", Exit.NO) from None
        self._reader = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "DemoWatch":
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        endChild(self._process, _ENDS)
        self._reader.join(_ENDS)

    def status(self, id: str) -> str:
        """The C{gramStatus} of a job as it was heard last; empty before."""
        return self._last.get(id, "")

    def heardAt(self, id: str, status: str, seconds: float) -> float | None:
        """
        When a job was first heard to be in a state, on the monotonic clock; C{None} when it is not yet.

        @param seconds: to wait for it at most
        """
        with self._news:
            self._news.wait_for(lambda: (id, status) in self._heard, seconds)
        return self._heard.get((id, status))

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    self._note(line)

    def _note(self, line: str) -> None:
        told = json.loads(line)
        # Of a job that is gone there is no value.
        id, status = told["key"], (told["value"] or {})["gramStatus"]
        with self._news:
            self._heard.setdefault((id, status), time.monotonic())
            self._last[id] = status
            self._news.notify_all()
