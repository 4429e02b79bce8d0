"""A verb that is told to end: by C{kill}, by systemd, or because its terminal is gone."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["toldToEnd"]

_TOLD = (signal.SIGTERM, signal.SIGHUP)
_BY_SIGNAL = 128


@contextmanager
def toldToEnd() -> Iterator[None]:
    """
    While this lasts SIGTERM and SIGHUP end what is being done as Ctrl-C does: what it made for itself is taken away.
    One that the process was told to ignore (C{nohup}) stays ignored. For the main thread.

    @raise SystemExit: one came; the status is what a shell says of a process that a signal ended
    """
    heeded = [number for number in _TOLD if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, _end)) for number in heeded]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(_BY_SIGNAL + number)
